"""What tests take for the port of a server stays its own."""

from __future__ import annotations

import socket
import subprocess
import sys

from tests.zelto import free_port as free_ports
from tests.zelto.free_port import first_ephemeral_port, free_port
from tests.zelto.stack import CHECKOUT

ONLY_ONE = """
from tests.zelto import free_port as ports
ports.LOWEST, ports.first_ephemeral_port = {port}, lambda: {port} + 1
print(ports.free_port())
"""


def test_the_kernel_gives_it_to_no_connection():
    assert free_port() < first_ephemeral_port()
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        assert any_port.getsockname()[1] >= first_ephemeral_port()


def test_it_is_given_once(monkeypatch):
    monkeypatch.setattr(free_ports, "first_ephemeral_port", lambda: 10_200)
    given = [free_port() for _ in range(50)]
    assert len(set(given)) == 50


def test_another_process_is_not_given_it():
    result = in_another_process(free_port())
    assert result.returncode == 1
    assert "are taken" in result.stderr


def test_what_another_listens_on_is_not_given():
    port = free_port()
    free_ports.RESERVATIONS.pop().close()
    assert in_another_process(port).stdout == f"{port}\n"
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        assert "are taken" in in_another_process(port).stderr


def in_another_process(port: int) -> subprocess.CompletedProcess[str]:
    """Ask for a free port where this is the only one."""
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", ONLY_ONE.format(port=port)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
    )
