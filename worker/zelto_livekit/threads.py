"""Work beside the event loop, which neither waits for it longer than it may nor ends late."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


async def run_beside(work: Callable[[], Found], seconds: float | None = None) -> Found:
    """Run `work` in a thread of its own, and return what it returns.

    The thread is a daemon: a process that ends does not wait for it.

    Raises:
        asyncio.TimeoutError: where it takes longer; it goes on by itself then.

    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Found] = loop.create_future()

    def run() -> None:
        try:
            found = work()
        except BaseException as error:
            _tell(loop, future, None, error)
        else:
            _tell(loop, future, found, None)

    threading.Thread(target=run, name="zelto-livekit", daemon=True).start()
    return await asyncio.wait_for(future, seconds)


def _tell(
    loop: asyncio.AbstractEventLoop,
    future: asyncio.Future[Found],
    found: Found | None,
    error: BaseException | None,
) -> None:
    def tell() -> None:
        if future.done():  # nobody waits any more
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(found)  # type: ignore[arg-type]

    try:
        loop.call_soon_threadsafe(tell)
    except RuntimeError:  # the loop is closed: nobody waits any more
        return
