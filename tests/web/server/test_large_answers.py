"""Answers that are large, and whose readers are slow or many."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from tests.web.server.test_request_body import part, sends
from tests.web.server.test_turns import in_a_loop
from web.server.application import Server
from web.server.large_answers import KeptAnswer, LargeAnswers
from web.server.limits import Limits
from web.server.request_body import Message, NoRoom
from web.server.turns import Lane

LIMITS = Limits(6, max_body_bytes=100, memory_body_bytes=10, all_answers_bytes=250_000)
LARGE = bytes(range(250)) * 800


def answering(body: bytes) -> Server:
    """A server whose application answers this."""

    def application(_: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])
        return [body]

    return Server(
        application,
        LIMITS,
        lane_of=lambda path: Lane.PAGES,
        reads_as_it_arrives=lambda path: False,
    )


def scope() -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "http_version": "1.1",
        "headers": [],
        "client": ("127.0.0.1", 1),
    }


class Reader:
    """Reads an answer; slowly, where it is told to wait."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.may_go_on = asyncio.Event()

    async def send(self, message: Message) -> None:
        self.got.append(message)
        if len(self.got) == 2:
            await self.may_go_on.wait()

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.got[1:])


async def read(server: Server, reader: Reader) -> None:
    await server(scope(), sends(part(b"")), reader.send)


@in_a_loop
async def test_a_large_answer_comes_whole_with_its_length() -> None:
    server, reader = answering(LARGE), Reader()
    reader.may_go_on.set()
    await read(server, reader)
    assert reader.body == LARGE
    assert (b"content-length", str(len(LARGE)).encode()) in reader.got[0]["headers"]
    assert server.large.taken == 0


@in_a_loop
async def test_a_small_answer_takes_no_room() -> None:
    server, reader = answering(b"small"), Reader()
    reading = asyncio.create_task(read(server, reader))
    while len(reader.got) < 2:
        await asyncio.sleep(0)
    assert server.large.taken == 0
    reader.may_go_on.set()
    await reading
    assert reader.body == b"small"


@in_a_loop
async def test_slow_readers_share_the_room_and_the_next_is_told_to_come_again() -> None:
    server, slow, next_one = answering(LARGE), Reader(), Reader()
    next_one.may_go_on.set()
    reading = asyncio.create_task(read(server, slow))
    while len(slow.got) < 2:
        await asyncio.sleep(0.001)
    assert server.large.taken == len(LARGE)
    await read(server, next_one)
    assert next_one.got[0]["status"] == 503
    slow.may_go_on.set()
    await reading
    assert slow.body == LARGE
    assert server.large.taken == 0


def test_its_file_is_read_in_parts_and_gives_back_its_room_once() -> None:
    answers = LargeAnswers(LIMITS)
    kept = answers.keep(LARGE)
    assert isinstance(kept, KeptAnswer)
    parts = list(kept.parts())
    assert b"".join(parts) == LARGE
    assert max(map(len, parts)) < len(LARGE)
    with pytest.raises(NoRoom):
        answers.keep(LARGE)
    kept.close()
    kept.close()
    assert answers.taken == 0
