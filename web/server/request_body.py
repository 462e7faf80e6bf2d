"""Bodies of requests: taken in while no thread waits for them, never too slowly."""

from __future__ import annotations

import asyncio
import io
import tempfile
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import IO, Any

from web.server.limits import Limits

# In the environment of a request: its body came too slowly, and an application that
# writes down what it refuses is to say so.
IS_LATE = "web.body_is_late"
# How much of a body that was refused is still taken in, and for how long: seconds.
MAX_LINGER_BYTES = 64 * 1024 * 1024
LINGER_SECONDS = 10.0
# What it says.
TOO_SLOW = "The body came too slowly. Send it again, faster."

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


class ClientGone(OSError):
    """The client has closed its connection."""


class TooSlow(OSError):
    """The body came slower than `Limits` allows; the answer is 408."""


class NoRoom(Exception):
    """The large bodies of this process take as much room as they may; 503."""


class Arrival:
    """Receives one body, and knows how late it is."""

    def __init__(self, receive: Receive, limits: Limits) -> None:
        self._receive = receive
        self._limits = limits
        self._began = time.monotonic()
        self.received = 0
        self.is_whole = False

    async def next_part(self) -> bytes:
        """Return what came next; nothing at the end.

        Raises:
            TooSlow: it did not come in time.
            ClientGone: it never will.
        """
        if self.is_whole:
            return b""
        until = self._began + self._limits.body_seconds(self.received)
        try:
            async with asyncio.timeout(max(until - time.monotonic(), 0.01)):
                message = await self._receive()
        except TimeoutError:
            raise TooSlow(
                f"{self.received:,} bytes came, and then too little"
            ) from None
        if message["type"] != "http.request":
            raise ClientGone("The client is gone")
        part: bytes = message.get("body", b"")
        self.received += len(part)
        self.is_whole = not message.get("more_body", False)
        return part

    async def drop_rest(self) -> None:
        """Take in what still comes, once it was answered, and drop it.

        A connection that is closed while its client still sends is reset, and takes the
        answer along: a proxy makes a 502 of it, after which senders come again.
        """
        with suppress(TooSlow, ClientGone, TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while not self.is_whole and self.received <= MAX_LINGER_BYTES:
                    await self.next_part()


class Room:
    """The bytes that the large bodies of this process take together."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.taken = 0

    def take(self, count: int) -> None:
        """Take so many bytes.

        Raises:
            NoRoom: others take them.
        """
        if self.taken + count > self._limits.all_bodies_bytes:
            raise NoRoom
        self.taken += count

    def give_back(self, count: int) -> None:
        """Give so many bytes back."""
        self.taken -= count

    async def take_in(self, arrival: Arrival) -> TakenIn:
        """Return the body once it is there, or as much of it as will ever be.

        Raises:
            NoRoom: others take all the room.
        """
        body = TakenIn(self, self._limits)
        try:
            while body.length <= self._limits.max_body_bytes and not arrival.is_whole:
                body.write(await arrival.next_part())
        except TooSlow:
            body.is_late = True
        except ClientGone:
            body.is_cut_off = True
        except BaseException:
            body.close()
            raise
        body.file.seek(0)
        body.is_too_long = body.length > self._limits.max_body_bytes
        return body


class TakenIn:
    """A body that is there: `file` at its first byte. Whoever has one closes it.

    length: bytes. is_too_long: and the rest of it was not taken.
    is_late: it came too slowly, and the rest of it is missing.
    is_cut_off: the client went before its end.
    """

    def __init__(self, room: Room, limits: Limits) -> None:
        self.file: IO[bytes] = io.BytesIO()
        self.length = 0
        self.is_late = False
        self.is_cut_off = False
        self.is_too_long = False
        self._room = room
        self._taken = 0
        self._limits = limits

    def write(self, part: bytes) -> None:
        """Add to it, at most one byte more than a body may have.

        Raises:
            NoRoom: others take all the room, or the disk is full.
        """
        part = part[: self._limits.max_body_bytes + 1 - self.length]
        self.length += len(part)
        if self.length > self._limits.memory_body_bytes:
            more = self.length - self._taken
            self._room.take(more)
            self._taken += more
        try:
            if self._taken and isinstance(self.file, io.BytesIO):
                self._move_to_disk()
            self.file.write(part)
            self.file.flush()
        except OSError as error:
            raise NoRoom(str(error)) from error

    def _move_to_disk(self) -> None:
        on_disk = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        self.file.seek(0)
        on_disk.write(self.file.read())
        self.file = on_disk

    def close(self) -> None:
        """Let it go, with the room it took."""
        self._room.give_back(self._taken)
        self._taken = 0
        with suppress(
            OSError
        ):  # a full disk has no room for what nobody reads any more
            self.file.close()


class ArrivingBody(io.RawIOBase):
    """The stream of a large body that a thread reads while it arrives.

    is_late: it came too slowly, and reading it failed for that.
    """

    def __init__(self, arrival: Arrival, loop: asyncio.AbstractEventLoop) -> None:
        self._arrival = arrival
        self._loop = loop
        self._rest = memoryview(b"")
        self.is_late = False

    def readable(self) -> bool:
        """Return true."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Wait for the next bytes, and put some of them into the buffer.

        Raises:
            TooSlow: they did not come in time. ClientGone: they never will.
        """
        while not self._rest and not self._arrival.is_whole:
            part = asyncio.run_coroutine_threadsafe(
                self._arrival.next_part(), self._loop
            )
            try:
                self._rest = memoryview(part.result())
            except TooSlow:
                self.is_late = True
                raise
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)
