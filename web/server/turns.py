"""The threads of a process, handed out in turns.

Each request belongs to a lane and to a caller. A lane never has all threads, so that
whatever keeps the pages busy leaves some for the webhook, and the other way round.
Within a lane callers take turns: one who sends a hundred requests waits for a
hundred, and everybody else for one. A program has one thread at a time.

All of it is for the thread of the event loop, but for `leave_lane`.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from web.server.limits import Limits


class Lane(StrEnum):
    """What a request is for: a post to the webhook or a probe, a post that takes long to
    read, one of log lines, which come by thousands, a program's call, or a page."""

    POSTS = "posts"
    LARGE_POSTS = "large posts"
    LOGS = "logs"
    PROGRAMS = "programs"
    PAGES = "pages"


POSTING = (Lane.POSTS, Lane.LARGE_POSTS, Lane.LOGS)


class TooBusy(Exception):
    """So many requests wait for a thread already, or this one waited for too long."""


class Turns:
    """Counts who works in which lane, and who waits."""

    def __init__(self, limits: Limits) -> None:
        threads = limits.threads
        self._limits = limits
        self._threads = threads
        self._most = {
            Lane.POSTS: max(threads - 1, 1),
            # Reading them is work of the interpreter, which two threads do no sooner
            # than one, and all others wait for.
            Lane.LARGE_POSTS: 1,
            Lane.LOGS: max(threads // 3, 1),
            Lane.PROGRAMS: max(threads // 2, 1),
            Lane.PAGES: max(threads // 2, 1),
        }
        # What is not for posts leaves these to them.
        self._most_besides_posts = max(threads - max(threads // 3, 1), 1)
        self.working: Counter[Lane] = Counter()
        # What programs ask for may take long: of one caller, one at a time.
        self._programs: Counter[str] = Counter()
        self._waiting: dict[Lane, OrderedDict[str, deque[asyncio.Future[None]]]] = {
            lane: OrderedDict() for lane in Lane
        }

    def waiting(self) -> int:
        """Return how many requests wait for a thread."""
        return sum(map(self._waiting_in, Lane))

    def _waiting_in(self, lane: Lane) -> int:
        return sum(map(len, self._waiting[lane].values()))

    def _is_full(self, lane: Lane) -> bool:
        """Tell whether no more may wait: of log lines half as many, so that they never
        take all the room.
        """
        most = self._limits.max_waiting
        if lane is Lane.LOGS and self._waiting_in(lane) >= most // 2:
            return True
        return self.waiting() >= most

    async def take(self, lane: Lane, caller: str) -> None:
        """Return when the request may have a thread; whoever calls this releases it.

        Raises:
            TooBusy: too many wait already, or it waited for `wait_seconds`.
        """
        if self._has_room(lane) and not self._has_its_share(lane, caller):
            self._begin(lane, caller)
            return
        queue = self._waiting[lane].setdefault(caller, deque())
        if len(queue) >= self._limits.max_waiting_of_a_caller or self._is_full(lane):
            raise TooBusy
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            async with asyncio.timeout(self._limits.wait_seconds):
                await turn
        except BaseException as error:
            if turn in queue:
                queue.remove(turn)
            if turn.done() and not turn.cancelled():
                self.release(lane, caller)  # its turn came at the very moment
            if isinstance(error, TimeoutError):
                raise TooBusy from None
            raise

    def release(self, lane: Lane, caller: str) -> None:
        """Give a caller's thread back, to whoever's turn it is."""
        self.working[lane] -= 1
        if lane is Lane.PROGRAMS:
            self._programs -= Counter([caller])
        for next_lane in Lane:
            while self._has_room(next_lane) and self._call_next(next_lane):
                pass

    def _begin(self, lane: Lane, caller: str) -> None:
        self.working[lane] += 1
        if lane is Lane.PROGRAMS:
            self._programs[caller] += 1

    def _has_its_share(self, lane: Lane, caller: str) -> bool:
        return lane is Lane.PROGRAMS and self._programs[caller] > 0

    def _has_room(self, lane: Lane) -> bool:
        working = self.working
        if working.total() >= self._threads or working[lane] >= self._most[lane]:
            return False
        if lane in POSTING:
            return sum(working[one] for one in POSTING) < self._most[Lane.POSTS]
        besides = working[Lane.PROGRAMS] + working[Lane.PAGES]
        return besides < self._most_besides_posts

    def _call_next(self, lane: Lane) -> bool:
        callers = self._waiting[lane]
        for caller in list(callers):
            if self._has_its_share(lane, caller):
                continue
            queue = callers.pop(caller)
            while queue:
                turn = queue.popleft()
                if turn.done():
                    continue  # it waits no more
                if queue:
                    callers[caller] = queue  # behind the others
                self._begin(lane, caller)
                turn.set_result(None)
                return True
        return False


_here = threading.local()


@contextmanager
def in_lane(leave: Callable[[], None]) -> Iterator[None]:
    """Have `leave_lane` call this in the current thread during the block."""
    _here.leave = leave
    try:
        yield
    finally:
        _here.leave = None


def leave_lane() -> None:
    """Give this thread's place in its lane to the next request, since what it does from
    now on lasts. Without a server in front, as in tests, there is none to give.
    """
    leave: Callable[[], None] | None = getattr(_here, "leave", None)
    if leave is not None:
        leave()
