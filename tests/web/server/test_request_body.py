"""Bodies that come in parts, too slowly, too long, or not to their end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.server.test_turns import in_a_loop
from web.server.limits import Limits
from web.server.request_body import (
    Arrival,
    ArrivingBody,
    ClientGone,
    Message,
    NoRoom,
    Receive,
    Room,
    TooSlow,
)

LIMITS = Limits(
    6,
    max_body_bytes=100,
    memory_body_bytes=10,
    all_bodies_bytes=150,
    body_grace_seconds=0.05,
)
GONE = {"type": "http.disconnect"}


def part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def sends(*messages: Message) -> Receive:
    """Receives these, and then nothing for ever."""
    left: Iterator[Message] = iter(messages)

    async def receive() -> Message:
        for message in left:
            return message
        await asyncio.Event().wait()
        raise AssertionError

    return receive


def arrival(*messages: Message) -> Arrival:
    return Arrival(sends(*messages), LIMITS)


@pytest.mark.parametrize("body", [b"", b"short", b"in a file meanwhile " * 5])
@in_a_loop
async def test_it_is_whole(body: bytes) -> None:
    room = Room(LIMITS)
    parts = [part(body[:3], more=True), part(body[3:])]
    taken = await room.take_in(arrival(*parts))
    assert taken.file.read() == body
    assert not (taken.is_late or taken.is_cut_off or taken.is_too_long)
    taken.close()
    assert room.taken == 0


@in_a_loop
async def test_what_comes_too_slowly_is_late() -> None:
    taken = await Room(LIMITS).take_in(arrival(part(b"abc", more=True)))
    assert taken.is_late
    assert taken.file.read() == b"abc"


@in_a_loop
async def test_who_goes_leaves_what_came() -> None:
    taken = await Room(LIMITS).take_in(arrival(part(b"abc", more=True), GONE))
    assert taken.is_cut_off
    assert taken.file.read() == b"abc"


@in_a_loop
async def test_what_is_too_long_is_not_read_to_its_end() -> None:
    parts = [part(b"x" * 60, more=True) for _ in range(3)]
    taken = await Room(LIMITS).take_in(arrival(*parts))
    assert taken.is_too_long
    assert taken.length == 101


@in_a_loop
async def test_large_bodies_have_so_much_room_together() -> None:
    room = Room(LIMITS)
    first = await room.take_in(arrival(part(b"x" * 90)))
    with pytest.raises(NoRoom):
        await room.take_in(arrival(part(b"x" * 90)))
    small = await room.take_in(arrival(part(b"x" * 10)))
    assert room.taken == 90
    first.close()
    await room.take_in(arrival(part(b"x" * 90)))
    small.close()
    assert room.taken == 90


@in_a_loop
async def test_a_full_disk_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    full = "web.server.request_body.tempfile.TemporaryFile"
    monkeypatch.setattr(full, lambda: Path("/dev/full").open("r+b"))  # noqa: SIM115
    room = Room(LIMITS)
    with pytest.raises(NoRoom):
        await room.take_in(arrival(part(b"x" * 90)))
    assert room.taken == 0


@in_a_loop
async def test_a_steady_sender_has_the_time_that_the_rate_gives() -> None:
    assert LIMITS.body_seconds(0) == 0.05
    assert LIMITS.body_seconds(LIMITS.min_body_rate * 10) == 10.05


async def read_in_a_thread(body: ArrivingBody) -> bytes:
    return await asyncio.to_thread(lambda: body.read() or b"")


@in_a_loop
async def test_a_thread_reads_what_arrives() -> None:
    parts = [part(b"abc", more=True), part(b"", more=True), part(b"def")]
    body = ArrivingBody(arrival(*parts), asyncio.get_running_loop())
    assert await read_in_a_thread(body) == b"abcdef"


@pytest.mark.parametrize(("end", "error"), [((), TooSlow), ((GONE,), ClientGone)])
@in_a_loop
async def test_a_thread_never_waits_for_ever(
    end: tuple[Any, ...], error: type[OSError]
) -> None:
    body = ArrivingBody(
        arrival(part(b"abc", more=True), *end), asyncio.get_running_loop()
    )
    with pytest.raises(error):
        await read_in_a_thread(body)
    assert body.is_late == (error is TooSlow)
