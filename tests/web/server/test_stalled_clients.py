"""Real connections whose reader takes nothing, and one whose reader is slow."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator

import pytest

from web.server.stalled_clients import (
    end_stalled,
    ended_when_stalled,
    sockets_of_server,
)

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux has TCP_USER_TIMEOUT"
)
CHUNK = b"x" * 65536
WITHIN = 15.0  # seconds for what takes one, on a busy machine


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def connect(server: socket.socket) -> tuple[socket.socket, socket.socket]:
    """A client with a small buffer, and the server's side of its connection."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(server.getsockname())
    accepted, _ = server.accept()
    accepted.settimeout(WITHIN)
    return client, accepted


def send_for_ever(accepted: socket.socket) -> None:
    while True:
        accepted.sendall(CHUNK)


def test_a_reader_who_takes_nothing_loses_the_connection(server: socket.socket) -> None:
    end_stalled([server.fileno()], seconds=1)
    client, accepted = connect(server)
    with client, accepted, pytest.raises(TimeoutError) as caught:
        send_for_ever(accepted)
    assert caught.value.errno  # the kernel's, not that of `settimeout`


def test_so_does_one_who_was_accepted_before(server: socket.socket) -> None:
    client, accepted = connect(server)
    end_stalled([accepted.fileno()], seconds=1)
    with client, accepted, pytest.raises(TimeoutError) as caught:
        send_for_ever(accepted)
    assert caught.value.errno


def test_a_slow_reader_keeps_it(server: socket.socket) -> None:
    end_stalled([server.fileno()], seconds=1)
    client, accepted = connect(server)
    sender = threading.Thread(target=accepted.sendall, args=[CHUNK * 16])
    with client, accepted:
        sender.start()
        taken = 0
        while taken < len(CHUNK) * 16:
            # For longer than it waits in all, and never for so long at once.
            threading.Event().wait(0.02)
            taken += len(client.recv(8192))
        sender.join()


def test_a_client_who_went_meanwhile_is_passed_over(server: socket.socket) -> None:
    client, accepted = connect(server)
    gone = accepted.fileno()
    accepted.close()
    end_stalled([gone, server.fileno()], seconds=1)
    with client:
        assert option(server, socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1


def option(sock: socket.socket, level: int, name: int) -> int:
    return sock.getsockopt(level, name)


def test_the_first_request_has_the_sockets_of_the_server_looked_after(
    server: socket.socket,
) -> None:
    client, accepted = connect(server)
    with client, accepted:
        assert {server.fileno(), accepted.fileno()} <= set(sockets_of_server())
        application = ended_when_stalled(lambda environ, start_response: [b"yes"])
        assert application({}, lambda *_: None) == [b"yes"]
        for one in (server, accepted):
            assert option(one, socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
        assert not option(client, socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
