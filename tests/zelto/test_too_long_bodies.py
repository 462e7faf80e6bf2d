"""A body that is over the limit: whoever sends all of it reads why, not a reset. A proxy
would make a 502 of that, after which senders come again and again.
"""

from __future__ import annotations

import socket

import pytest

from tests.zelto.stack import Stack

pytestmark = pytest.mark.processes

TOO_LONG = 12 * 1024 * 1024
PART = b" " * 65_536


def answer_to(stack: Stack, path: str) -> bytes:
    """Return the answer to a body that is sent whole before it is read."""
    with socket.create_connection(("127.0.0.1", stack.port), timeout=30) as client:
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Type: application/json\r\nContent-Length: {TOO_LONG}\r\n\r\n"
        )
        client.sendall(head.encode())
        for _ in range(TOO_LONG // len(PART)):
            client.sendall(PART)
        return client.recv(65_536)


@pytest.mark.parametrize("path", ["/webhooks/calls", "/v1/conversations/x", "/login"])
def test_who_sends_all_of_it_reads_the_answer(stack: Stack, path: str) -> None:
    assert answer_to(stack, path).startswith(b"HTTP/1.1 4")
