"""Ports for servers of tests, which stay theirs."""

from __future__ import annotations

import random
import socket
from itertools import chain
from pathlib import Path

LINUX_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST = 10_000  # below are the services of machines
# Held as long as this process lives: by them tests of other processes see what is taken.
RESERVATIONS: list[socket.socket] = []


def free_port() -> int:
    """Return a port that nothing listens on, and that no other test is given while this
    process lives.

    It lies below those that the kernel gives to connections, so that a server that was
    stopped finds its port free again.

    Raises:
        RuntimeError: there is none.
    """
    ports = range(LOWEST, first_ephemeral_port())
    first = random.randrange(len(ports))  # noqa: S311 - so that others try elsewhere
    for port in chain(ports[first:], ports[:first]):
        if _is_free(port) and _reserve(port):
            return port
    raise RuntimeError(f"All ports from {ports[0]} to {ports[-1]} are taken.")


def first_ephemeral_port() -> int:
    """Return the lowest port that the kernel gives to who asks for any."""
    if LINUX_RANGE.exists():
        return int(LINUX_RANGE.read_text("ascii").split()[0])
    return 49_152  # macOS, and what the register of ports says


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return _binds(probe, port)


def _reserve(port: int) -> bool:
    """Take the port of the same number of UDP, which nobody else here uses."""
    reservation = socket.socket(type=socket.SOCK_DGRAM)
    if not _binds(reservation, port):
        reservation.close()
        return False
    RESERVATIONS.append(reservation)
    return True


def _binds(probe: socket.socket, port: int) -> bool:
    try:
        probe.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True
