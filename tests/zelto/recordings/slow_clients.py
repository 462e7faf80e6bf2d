"""Slow clients: readers who read nothing, senders of a byte now and then."""

from __future__ import annotations

import socket

from tests.zelto.stack import Stack

RECEIVED_BYTES = 4096  # the kernel's buffer of a reader


def listen(stack: Stack, path: str, *headers: str) -> socket.socket:
    """Send a request, and read nothing of the answer."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVED_BYTES)
    sock.connect(("127.0.0.1", stack.port))
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{stack.port}", *headers]
    sock.sendall("\r\n".join([*lines, "", ""]).encode())
    return sock


def begin_upload(stack: Stack, key: str) -> socket.socket:
    """Send the head of an upload of a megabyte, and the first bytes of its file."""
    sock = socket.create_connection(("127.0.0.1", stack.port))
    lines = [
        "POST /v1/conversations HTTP/1.1",
        f"Host: 127.0.0.1:{stack.port}",
        f"Authorization: Bearer {key}",
        "Content-Type: multipart/form-data; boundary=end",
        "Content-Length: 1000000",
        "",
        "--end",
        'Content-Disposition: form-data; name="file"; filename="a.wav"',
        "",
        "RIFF",
    ]
    sock.sendall("\r\n".join(lines).encode())
    return sock


def status_of(sock: socket.socket) -> int | None:
    """Return the status of the answer that has begun to arrive, which stays unread;
    None before that.
    """
    try:
        head = sock.recv(12, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
    return int(head.split()[1])
