"""One request in a thread, and its answer, which the event loop writes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import closing, suppress
from typing import Any

from web.server.large_answers import KeptAnswer, LargeAnswers
from web.server.request_body import ArrivingBody, ClientGone, Message, Receive, TooSlow
from web.server.threads import Threads
from web.server.turns import in_lane

Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Headers = list[tuple[bytes, bytes]]

# What is shorter is written at once; its thread is free before that.
WHOLE_BYTES = 1024 * 1024


class Exchange:
    """Answers one request.

    receive, send: of the server. arriving: the body, where the application reads it while
    it arrives. leave: gives the thread's place in its lane away, once. large: keeps an
    answer that is large.
    """

    def __init__(
        self,
        receive: Receive,
        send: Send,
        leave: Callable[[], None],
        large: LargeAnswers,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.is_gone = False
        self.arriving: ArrivingBody | None = None
        self._receive = receive
        self._send = send
        self._leave = leave
        self._large = large
        self._status = 500
        self._headers: Headers = []
        self.has_begun = False
        self._watching: asyncio.Task[None] | None = None

    async def answer(
        self, application: Application, environ: dict[str, Any], threads: Threads
    ) -> None:
        """Have a thread call the application, and write what it answers.

        Raises:
            TooSlow: the application could not read the body, and has answered nothing
                that was written.
            NoRoom: the answer is large, and others take all the room.
        """
        try:
            rest = await threads.run(self._call, application, environ)
            if isinstance(rest, bytes | KeptAnswer):
                await self._write_what_is_there(rest)
            elif rest is not None:
                await self._pass_on(rest, threads)
        finally:
            if self._watching is not None:
                self._watching.cancel()

    async def _write_what_is_there(self, answer: bytes | KeptAnswer) -> None:
        if isinstance(answer, KeptAnswer):
            with closing(answer), suppress(ClientGone):
                self._require_in_time()
                self._headers = _with_length(self._headers, answer.length)
                for part in answer.parts():
                    await self._write_part(part)
                await self._end()
            return
        self._require_in_time()
        await self.write_whole(self._status, self._headers, answer)

    def _require_in_time(self) -> None:
        if self.arriving is not None and self.arriving.is_late:
            raise TooSlow("The body stopped while it was read")

    async def write_whole(self, status: int, headers: Headers, body: bytes) -> None:
        """Write an answer that is there."""
        self.has_begun = True
        await self._start(status, _with_length(headers, len(body)))
        await self._send({"type": "http.response.body", "body": body})

    def _call(
        self, application: Application, environ: dict[str, Any]
    ) -> bytes | KeptAnswer | Iterable[bytes] | None:
        """Return the whole body, or the iterable whose parts any thread may produce, or
        None: it was written from here."""
        with in_lane(self._leave):
            parts = application(environ, self._start_response)
            if getattr(parts, "in_any_thread", False):
                return parts
            try:
                if self._is_short(parts):
                    return self._large.keep(b"".join(parts))
                self._write_parts(parts)
                return None
            except ClientGone:
                return None
            finally:
                close_parts(parts)

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], *_: object
    ) -> None:
        self._status = int(status[:3])
        self._headers = [
            (name.lower().encode("latin-1"), value.strip().encode("latin-1"))
            for name, value in headers
        ]

    def _is_short(self, parts: Iterable[bytes]) -> bool:
        if not getattr(parts, "streaming", not isinstance(parts, list)):
            return True
        length = dict(self._headers).get(b"content-length", b"")
        return length.isdigit() and int(length) <= WHOLE_BYTES

    def _write_parts(self, parts: Iterable[bytes]) -> None:
        for part in parts:
            self._wait_for(self._write_part(part))
        self._wait_for(self._end())

    def _wait_for(self, written: Any) -> None:
        asyncio.run_coroutine_threadsafe(written, self.loop).result()

    async def _pass_on(self, parts: Iterable[bytes], threads: Threads) -> None:
        """Write what threads produce, none of which waits for the reader."""
        iterator = iter(parts)
        try:
            while part := await threads.run(next, iterator, b""):
                await self._write_part(part)
            await self._end()
        except ClientGone:
            return
        finally:
            await threads.run(close_parts, parts)

    async def _write_part(self, part: bytes) -> None:
        await self._begin()
        if self.is_gone:
            raise ClientGone("The client is gone")
        await self._send(
            {"type": "http.response.body", "body": part, "more_body": True}
        )

    async def _end(self) -> None:
        await self._begin()
        await self._send({"type": "http.response.body", "body": b""})

    async def _begin(self) -> None:
        if not self.has_begun:
            self.has_begun = True
            await self._start(self._status, self._headers)
            self._watching = self.loop.create_task(self._watch())

    async def _watch(self) -> None:
        """Notice when the client goes: sending to nobody raises nothing."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.is_gone = True

    async def _start(self, status: int, headers: Headers) -> None:
        await self._send(
            {"type": "http.response.start", "status": status, "headers": headers}
        )


def _with_length(headers: Headers, length: int) -> Headers:
    if any(name == b"content-length" for name, _ in headers):
        return headers
    return [*headers, (b"content-length", str(length).encode())]


def close_parts(parts: Iterable[bytes] | Iterator[bytes]) -> None:
    """Close what an application returned, if that can be closed."""
    close = getattr(parts, "close", None)
    if close is not None:
        close()
