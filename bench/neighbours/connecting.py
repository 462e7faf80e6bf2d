"""Connections that a bad neighbour opens and keeps."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from bench.neighbours.client import head_of, open_socket
from bench.neighbours.target import Target

BODIES = 200
IDLE = 500
HEADS = 200
OPENED_EACH = 0.005  # seconds, so that not all come at once
OPENED_AGAIN_AFTER = 1.0
UNFINISHED_BYTES = 100_000
STATUS_BYTES = 12  # of `HTTP/1.1 200`


@dataclass(frozen=True, slots=True)
class Hold:
    """What is sent over a connection, and what happens while it is kept.

    sent: at once. drip: each `every` seconds again. take: bytes that are read then.
    buffer: bytes that the kernel keeps for the reader; 0 for what is usual.
    """

    sent: bytes = b""
    drip: bytes = b""
    take: int = 0
    buffer: int = 0
    every: float = 2.0


async def hold_all(target: Target, holds: Sequence[Hold]) -> None:
    """Keep a connection for each; one that was ended is opened again."""
    target.counts["connections kept"] = len(holds)

    async def hold(number: int, how: Hold) -> None:
        await asyncio.sleep(number * OPENED_EACH)
        while True:
            await _hold(target, how)
            await asyncio.sleep(OPENED_AGAIN_AFTER)

    await asyncio.gather(*(hold(*each) for each in enumerate(holds)))


async def _hold(target: Target, how: Hold) -> None:
    """Keep one connection until it is ended, or refused by its answer."""
    status = ""
    try:
        with await open_socket(target.port, how.sent, buffer=how.buffer) as sock:
            while True:
                await asyncio.sleep(how.every)
                status = status or _status(sock)
                if status >= "4":
                    break
                if how.take and not _take(sock, how.take):
                    break
                _drip(sock, how.drip)
    except EOFError:
        target.counts["ended by the server"] += 1
    except OSError as error:
        target.counts[type(error).__name__] += 1
    if status:
        target.counts[status] += 1


def _status(sock: socket.socket) -> str:
    """Return the status of an answer that has begun to arrive, which stays unread.

    Raises:
        EOFError: the server has ended the connection.
    """
    try:
        head = sock.recv(STATUS_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return ""
    if not head:
        raise EOFError
    return head[9:STATUS_BYTES].decode("latin-1")


def _take(sock: socket.socket, count: int) -> bool:
    """Read a little; return whether there may be more."""
    try:
        return bool(sock.recv(count))
    except BlockingIOError:
        return True


def _drip(sock: socket.socket, sent: bytes) -> None:
    if sent:
        try:
            sock.send(sent)
        except BlockingIOError:
            return


async def leave_login_bodies(target: Target) -> None:
    """Begin logins whose bodies come by a byte every two seconds."""
    names = (one.partition("=")[0] for one in target.cookie.split("; "))
    csrf = next(name for name in names if name.startswith("zelto_csrf"))
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        # Without one it is refused before its body is looked at; anybody gets one.
        "Cookie": f"{csrf}={'a' * 32}",
    }
    await _leave_bodies(target, "/login", headers, b"login=a")


async def leave_keyed_bodies(target: Target) -> None:
    """Begin posts to the webhook, with a key."""
    await _leave_bodies(target, "/webhooks/calls", target.keyed, b'{"call":')


async def leave_keyless_bodies(target: Target) -> None:
    """Begin posts to the webhook, without a key."""
    await _leave_bodies(target, "/webhooks/calls", {}, b'{"call":')


async def _leave_bodies(
    target: Target, path: str, headers: dict[str, str], begun: bytes
) -> None:
    headers = {"Content-Type": "application/json"} | headers
    sent = head_of("POST", path, headers, UNFINISHED_BYTES) + begun
    await hold_all(target, [Hold(sent, drip=b" ")] * BODIES)


async def leave_heads(target: Target) -> None:
    """Begin requests whose heads come by a line every two seconds."""
    sent = b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    await hold_all(target, [Hold(sent, drip=b"X-More: 1\r\n")] * HEADS)


async def stay_silent(target: Target) -> None:
    """Open connections and send nothing."""
    await hold_all(target, [Hold()] * IDLE)


async def stay_connected(target: Target) -> None:
    """Have one request answered over each connection, and keep it."""
    sent = head_of("GET", "/healthz", {}, 0)
    await hold_all(target, [Hold(sent, take=4096)] * IDLE)
