"""A light client of HTTP/1.1: sockets under asyncio, which share the cores with what
they measure.
"""

from __future__ import annotations

import asyncio
import resource
import socket
import time
from typing import NamedTuple, Self

HOST = "127.0.0.1"
LINE_BYTES = 1024 * 1024
OPEN_FILES = 4096


class Answer(NamedTuple):
    """An answer, and the seconds to its last byte."""

    status: int
    body: bytes
    seconds: float


class BrokenAnswer(Exception):
    """What came is no answer, or ended within one."""


class Connection:
    """One connection, which is made with its first request.

    It stays open between requests; once the server has closed it, it cannot be used.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.writer is not None:
            self.writer.close()

    async def request(
        self, method: str, path: str, headers: dict[str, str], body: bytes = b""
    ) -> Answer:
        """Send a request, and return its answer whatever the status.

        Raises:
            OSError: the connection was refused or lost.
            BrokenAnswer: the answer is none, or not whole.
        """
        began = time.perf_counter()
        if self.reader is None or self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(
                HOST, self.port, limit=LINE_BYTES
            )
        self.writer.write(head_of(method, path, headers, len(body)) + body)
        await self.writer.drain()
        try:
            status, content = await _read_answer(self.reader)
        except (asyncio.IncompleteReadError, ValueError, IndexError) as error:
            raise BrokenAnswer(str(error)) from error
        return Answer(status, content, time.perf_counter() - began)


async def request(
    port: int,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes = b"",
    *,
    within: float,
) -> Answer:
    """Return the answer to one request over a connection of its own.

    within: seconds for all of it.

    Raises:
        OSError: the connection was refused or lost, or (TimeoutError) took too long.
        BrokenAnswer: the answer is none, or not whole.
    """
    async with asyncio.timeout(within), Connection(port) as connection:
        headers = headers | {"Connection": "close"}
        return await connection.request(method, path, headers, body)


def head_of(method: str, path: str, headers: dict[str, str], length: int) -> bytes:
    """Return the head of a request whose body has so many bytes."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if length or method == "POST":
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode()


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    fields = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
    }
    status = int(first.split()[1])
    if status in (204, 304):
        return status, b""
    if fields.get("transfer-encoding") == "chunked":
        return status, await _read_chunks(reader)
    if "content-length" in fields:
        return status, await reader.readexactly(int(fields["content-length"]))
    return status, await reader.read()


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        parts.append((await reader.readexactly(size + 2))[:-2])
    await reader.readuntil(b"\r\n")
    return b"".join(parts)


async def open_socket(port: int, sent: bytes, *, buffer: int = 0) -> socket.socket:
    """Return a connection over which something was sent, and of which nothing is read.

    buffer: bytes that the kernel keeps for the reader; 0 for what is usual.

    Raises:
        OSError: the connection was refused.
    """
    sock = socket.socket()
    sock.setblocking(False)
    if buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_connect(sock, (HOST, port))
        await loop.sock_sendall(sock, sent)
    except BaseException:
        sock.close()
        raise
    return sock


def allow_open_files() -> None:
    """Let this process open as many files as its connections need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
