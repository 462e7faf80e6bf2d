"""The ASGI application of a process, around Django's WSGI application."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import closing
from http import HTTPStatus
from typing import Any

from web import long_answers
from web.server.environ import Scope, environ_of, header_of
from web.server.exchange import Application, Exchange, Headers, Send
from web.server.large_answers import LargeAnswers
from web.server.limits import Limits
from web.server.request_body import (
    IS_LATE,
    TOO_SLOW,
    Arrival,
    ArrivingBody,
    ClientGone,
    NoRoom,
    Receive,
    Room,
    TakenIn,
    TooSlow,
)
from web.server.threads import Threads
from web.server.turns import Lane, TooBusy, Turns

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 2
LATE = 408
# For exports and uploads, which last, and to read what others download.
LASTING_THREADS = long_answers.MOST_THREADS + 2


class Server:
    """What an ASGI server calls for each request (an ASGI application).

    lane_of: the lane of a path.
    reads_as_it_arrives: whether a request to this path may have a large body, which a
        thread reads while it arrives.
    on_startup: called with the event loop before the first request. on_refused: with the
        status of each answer that the application did not give. busy_answer_of: type and body
    of the 503 and 408 for a path, where they are no problem.
    """

    def __init__(
        self,
        application: Application,
        limits: Limits,
        *,
        lane_of: Callable[[str], Lane],
        reads_as_it_arrives: Callable[[str], bool],
        on_startup: Callable[[asyncio.AbstractEventLoop], None] = lambda loop: None,
        on_refused: Callable[[int], None] = lambda status: None,
        busy_answer_of: Callable[[str], tuple[str, bytes] | None] = lambda path: None,
    ) -> None:
        self.limits = limits
        self.turns = Turns(limits)
        self.room = Room(limits)
        self.large = LargeAnswers(limits)
        self._application = application
        self._lane_of = lane_of
        self._reads_as_it_arrives = reads_as_it_arrives
        self._on_startup = on_startup
        self._on_refused = on_refused
        self._busy_answer_of = busy_answer_of
        self._threads = Threads(limits.threads + LASTING_THREADS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or the server's word that it starts or ends."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._on_startup(asyncio.get_running_loop())
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        lane = self._lane_of(scope["path"])
        place = _Place(self.turns, lane, caller_of(scope))
        exchange = Exchange(receive, send, place.leave, self.large)
        arrival = Arrival(receive, self.limits)
        is_too_long = False
        try:
            if self._is_read_as_it_arrives(scope):
                arriving = ArrivingBody(arrival, exchange.loop)
                exchange.arriving = arriving
                environ = environ_of(scope, arriving)
                await self._work(exchange, place, scope, environ)
                return
            with closing(await self._take_in(scope, arrival)) as body:
                is_too_long = body.is_too_long
                self._check(body, scope, lane)
                if lane is Lane.POSTS and self._is_large(scope, body):
                    place.lane = Lane.LARGE_POSTS
                environ = environ_of(scope, body.file)
                environ[IS_LATE] = body.is_late
                await self._work(exchange, place, scope, environ)
        except Refused as refusal:
            self._on_refused(refusal.status)
            comes_again = refusal.retry or refusal.status == LATE
            own = self._busy_answer_of(scope["path"]) if comes_again else None
            await exchange.write_whole(*refusal.answer(own))
        except ClientGone:
            return
        if is_too_long:
            await arrival.drop_rest()

    def _announced(self, scope: Scope) -> int:
        length = header_of(scope, b"content-length")
        return int(length) if length.isdigit() else 0

    def _is_read_as_it_arrives(self, scope: Scope) -> bool:
        return self._reads_as_it_arrives(scope["path"]) and (
            self._announced(scope) > self.limits.max_body_bytes
            or bool(header_of(scope, b"transfer-encoding"))
        )

    async def _take_in(self, scope: Scope, arrival: Arrival) -> TakenIn:
        if self._announced(scope) > self.limits.max_body_bytes:
            body = TakenIn(self.room, self.limits)  # nothing of it
            body.is_too_long = True
            return body
        try:
            return await self.room.take_in(arrival)
        except NoRoom:
            raise busy() from None

    def _is_large(self, scope: Scope, body: TakenIn) -> bool:
        is_packed = header_of(scope, b"content-encoding") not in ("", "identity")
        limits = self.limits
        most = limits.usual_packed_bytes if is_packed else limits.usual_body_bytes
        return body.length > most

    def _check(self, body: TakenIn, scope: Scope, lane: Lane) -> None:
        """Refuse what is not to be handed to the application.

        The webhook refuses by itself, and writes it down.

        Raises:
            Refused: the body is too long or came too slowly.
            ClientGone: the client went before its end.
        """  # noqa: DOC501 - a function makes it
        if lane in (Lane.POSTS, Lane.LOGS):
            return
        if body.is_cut_off:
            raise ClientGone("The client is gone")
        if body.is_late:
            raise late()
        if body.is_too_long:
            limit = self.limits.max_body_bytes
            raise Refused(413, f"The body is over the limit of {limit:,} bytes.")

    async def _work(
        self, exchange: Exchange, place: _Place, scope: Scope, environ: dict[str, Any]
    ) -> None:
        try:
            await self.turns.take(place.lane, place.caller)
        except TooBusy:
            raise busy() from None
        place.is_taken = True
        try:
            await exchange.answer(self._application, environ, self._threads)
        except TooSlow:
            raise late() from None
        except NoRoom:
            raise busy() from None
        except Exception:
            logger.exception("An answer broke off")
            if exchange.has_begun:
                raise  # the server closes the connection
            raise failed() from None
        finally:
            place.leave_here()


class _Place:
    """The place of one request in its lane, given away once, from any thread."""

    def __init__(self, turns: Turns, lane: Lane, caller: str) -> None:
        self.lane = lane
        self.caller = caller
        self.is_taken = False
        self._turns = turns
        self._loop = asyncio.get_running_loop()

    def leave(self) -> None:
        """Give it away from another thread than the event loop's."""
        self._loop.call_soon_threadsafe(self.leave_here)

    def leave_here(self) -> None:
        """Give it away."""
        if self.is_taken:
            self.is_taken = False
            self._turns.release(self.lane, self.caller)


class Refused(Exception):
    """What is answered without the application."""

    def __init__(self, status: int, detail: str, *, retry: bool = False) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.retry = retry

    def answer(self, own: tuple[str, bytes] | None) -> tuple[int, Headers, bytes]:
        """Return status, headers and body, a problem as all of ours are (RFC 9457).

        own: type and body, where they are not a problem.
        """
        problem = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        kind, body = own or ("application/problem+json", json.dumps(problem).encode())
        headers = [
            (b"content-type", kind.encode()),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
        ]
        if self.retry:
            headers.append((b"retry-after", str(RETRY_AFTER_SECONDS).encode()))
        return self.status, headers, body


# Each a new one: what is raised twice keeps the frames of both times, and their bodies.
def busy() -> Refused:
    """Return the 503 of a request that finds no room."""
    return Refused(503, "The server is busy just now. Send it again.", retry=True)


def failed() -> Refused:
    """Return the 500 of a request for which nothing was written yet."""
    return Refused(500, "Something went wrong here. It is in the log.")


def late() -> Refused:
    """Return the 408 of a body that came too slowly."""
    return Refused(LATE, TOO_SLOW)


def caller_of(scope: Scope) -> str:
    """Return what tells who asks, as far as that can be known before anything is read:
    a key, a session, else an address."""
    return (
        header_of(scope, b"authorization")
        or header_of(scope, b"cookie")
        or str((scope.get("client") or ("",))[0])
    )
