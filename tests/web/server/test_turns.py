"""Who gets a thread, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any

import pytest

from web.server.limits import Limits
from web.server.turns import Lane, TooBusy, Turns

POSTS, PROGRAMS, PAGES = Lane.POSTS, Lane.PROGRAMS, Lane.PAGES
Step = Callable[[], Awaitable[None]]


def in_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    @wraps(test)
    def run(*arguments: Any, **named: Any) -> None:
        asyncio.run(test(*arguments, **named))

    return run


def turns_of(threads: int, **limits: Any) -> Turns:
    return Turns(Limits(threads, max_body_bytes=1000, **limits))


class Requests:
    """Asks for threads, and tells in which order they were given."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.given: list[str] = []
        self.holding: dict[Lane, list[str]] = {lane: [] for lane in Lane}
        self.refused: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def ask(self, *callers: str, lane: Lane = PAGES) -> None:
        for caller in callers:

            async def take(caller: str = caller) -> None:
                try:
                    await self.turns.take(lane, caller)
                except TooBusy:
                    self.refused.append(caller)
                else:
                    self.given.append(caller)
                    self.holding[lane].append(caller)

            self.tasks.append(asyncio.create_task(take()))
        await settled()

    async def release(self, lane: Lane = PAGES) -> None:
        self.turns.release(lane, self.holding[lane].pop(0))
        await settled()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize("threads", [2, 3, 4, 6, 12])
@in_a_loop
async def test_pages_and_programs_leave_threads_for_posts(threads: int) -> None:
    requests = Requests(turns_of(threads))
    for lane in (PAGES, PROGRAMS):
        await requests.ask(*"abcdefghijkl", lane=lane)
    assert requests.turns.working.total() < threads
    before = len(requests.given)
    await requests.ask("worker", lane=POSTS)
    assert requests.given[before:] == ["worker"]


@pytest.mark.parametrize("threads", [2, 3, 4, 6, 12])
@in_a_loop
async def test_posts_leave_a_thread_for_pages(threads: int) -> None:
    requests = Requests(turns_of(threads))
    await requests.ask(*["worker"] * 30, lane=POSTS)
    await requests.ask("person")
    assert requests.given[-1] == "person"


@pytest.mark.parametrize("threads", [2, 3, 4, 6, 12])
@in_a_loop
async def test_a_large_post_waits_for_another_and_others_for_none(threads: int) -> None:
    requests = Requests(turns_of(threads))
    await requests.ask("heavy", "heavy", "another", lane=Lane.LARGE_POSTS)
    assert requests.given == ["heavy"]
    if threads > 2:
        await requests.ask("worker", lane=POSTS)
        assert requests.given == ["heavy", "worker"]
    await requests.ask("person")
    assert requests.given[-1] == "person"
    await requests.release(Lane.LARGE_POSTS)
    assert requests.given[-1] in ("heavy", "another")


@pytest.mark.parametrize("threads", [2, 3, 4, 6, 12])
@in_a_loop
async def test_a_flood_of_logs_leaves_room_for_posts(threads: int) -> None:
    requests = Requests(turns_of(threads, max_waiting=40))
    for caller in "abcdefghij":
        await requests.ask(*[caller] * 10, lane=Lane.LOGS)
    assert requests.refused
    assert requests.turns.waiting() == 20
    refused, given = len(requests.refused), len(requests.given)
    await requests.ask("worker", lane=POSTS)
    assert len(requests.refused) == refused
    if threads > 2:
        assert requests.given[given:] == ["worker"]
    else:
        await requests.release(Lane.LOGS)
        assert requests.given[given:] == ["worker"]


@in_a_loop
async def test_a_program_has_one_thread_at_a_time() -> None:
    requests = Requests(turns_of(6))
    await requests.ask("searcher", "searcher", "searcher", "other", lane=PROGRAMS)
    assert requests.given == ["searcher", "other"]
    await requests.release(PROGRAMS)
    assert requests.given == ["searcher", "other", "searcher"]


@in_a_loop
async def test_callers_take_turns() -> None:
    requests = Requests(turns_of(2))
    await requests.ask("greedy", "greedy", "greedy", "greedy", "modest", "other")
    for _ in range(5):
        await requests.release()
    assert requests.given == ["greedy", "greedy", "modest", "other", "greedy", "greedy"]


@in_a_loop
async def test_there_are_never_more_than_there_are_threads() -> None:
    requests = Requests(turns_of(4))
    for number in range(40):
        await requests.ask(str(number % 7), lane=list(Lane)[number % len(Lane)])
    while not all(task.done() for task in requests.tasks):
        assert requests.turns.working.total() <= 4
        await requests.release(next(iter(+requests.turns.working)))
    assert len(requests.given) == 40
    assert not requests.turns.waiting()


@in_a_loop
async def test_one_caller_has_a_quarter_of_the_queue() -> None:
    requests = Requests(turns_of(2, max_waiting=8))
    await requests.ask("busy", *["greedy"] * 4)
    assert requests.turns.waiting() == 2
    assert requests.refused == ["greedy", "greedy"]
    await requests.ask("modest")
    assert requests.turns.waiting() == 3


@in_a_loop
async def test_the_queue_has_an_end() -> None:
    requests = Requests(turns_of(2, max_waiting=8))
    await requests.ask(*"abcdefghijkl")
    assert requests.turns.waiting() == 8
    assert requests.refused == ["j", "k", "l"]


@in_a_loop
async def test_nobody_waits_for_longer_than_the_limit() -> None:
    turns = turns_of(2, wait_seconds=0.01)
    await turns.take(PAGES, "a")
    with pytest.raises(TooBusy):
        await turns.take(PAGES, "b")
    assert not turns.waiting()
    turns.release(PAGES, "a")
    await turns.take(PAGES, "c")


@in_a_loop
async def test_who_goes_while_waiting_takes_nobodys_place() -> None:
    requests = Requests(turns_of(2))
    await requests.ask("a", "gone", "next")
    requests.tasks[1].cancel()
    await requests.release()
    assert requests.given == ["a", "next"]


@in_a_loop
async def test_who_goes_as_its_turn_comes_gives_it_on() -> None:
    requests = Requests(turns_of(2))
    await requests.ask("a", "gone", "next")
    requests.turns.release(PAGES, "a")
    requests.tasks[1].cancel()
    await settled()
    assert requests.given == ["a", "next"]
