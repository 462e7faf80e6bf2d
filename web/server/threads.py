"""Threads that work for an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Threads:
    """Runs functions in threads, of which there are at most so many.

    As `run_in_executor` of an event loop does with a `ThreadPoolExecutor`, but without
    the second future and its lock, for which every request would pay.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._started = 0
        self._idle = 0  # less than nothing: so many functions wait
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()

    async def run(
        self,
        function: Callable[Arguments, Result],
        *arguments: Arguments.args,
        **named: Arguments.kwargs,
    ) -> Result:
        """Return what the function returns in a thread, or raise what it raises."""
        loop = asyncio.get_running_loop()
        returned: asyncio.Future[Result] = loop.create_future()

        def work() -> None:
            try:
                result = function(*arguments, **named)
            except Exception as error:
                loop.call_soon_threadsafe(self._fail, returned, error)
            else:
                loop.call_soon_threadsafe(self._succeed, returned, result)

        self._idle -= 1
        if self._idle < 0 and self._started < self._most:
            self._start()
        self._work.put(work)
        return await returned

    def _start(self) -> None:
        self._started += 1
        self._idle += 1
        threading.Thread(target=self._serve, name="request", daemon=True).start()

    def _serve(self) -> None:
        while True:
            self._work.get()()

    def _succeed(self, returned: asyncio.Future[Result], result: Result) -> None:
        self._idle += 1
        if not returned.done():
            returned.set_result(result)

    def _fail(self, returned: asyncio.Future[Result], error: Exception) -> None:
        self._idle += 1
        if not returned.done():
            returned.set_exception(error)
