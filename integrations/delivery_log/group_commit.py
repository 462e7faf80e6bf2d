"""Group commit: writing together what several threads of a process write at once.

While one thread writes, the rows of the others gather; the next one takes them all.
So a busy process commits once for many rows, and an idle one waits for nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)
Row = TypeVar("Row")
Result = TypeVar("Result")


class _QueuedRow(Generic[Row, Result]):
    """One row in the queue, and what its thread waits for."""

    __slots__ = ("called", "results", "row", "tried")

    def __init__(self, row: Row) -> None:
        self.row = row
        # Held until somebody tried to write the row, or it is to lead the next group.
        self.called = threading.Lock()
        self.called.acquire()
        self.tried = False
        self.results: Sequence[Result] = ()  # its own one, once the row is written


class GroupCommit(Generic[Row, Result]):
    """Collects the rows of threads, and writes those that wait in one commit.

    Where a group cannot be written, each of its threads writes its own row, so that a
    row at fault fails alone.

    write_all: writes rows and commits, all or none; returns one result each, in order.
    at_most: rows of a group.
    """

    def __init__(
        self, write_all: Callable[[Sequence[Row]], Sequence[Result]], *, at_most: int
    ) -> None:
        self._write_all = write_all
        self._at_most = at_most
        self._lock = threading.Lock()
        # Its first row leads the next group; it is empty while nobody writes.
        self._waiting: list[_QueuedRow[Row, Result]] = []
        self._writing = False

    def write(self, row: Row) -> Result:
        """Return the result of the row once it is committed.

        Raises:
            Exception: whatever writing the row alone raises.
        """
        queued: _QueuedRow[Row, Result] = _QueuedRow(row)
        if not self._is_first(queued):
            queued.called.acquire()
        if not queued.tried:
            self._lead()
        for result in queued.results:
            return result
        return self._write_all([row])[0]

    def _is_first(self, queued: _QueuedRow[Row, Result]) -> bool:
        with self._lock:
            self._waiting.append(queued)
            first = not self._writing
            self._writing = True
        return first

    def _lead(self) -> None:
        with self._lock:
            group = self._waiting[: self._at_most]
            del self._waiting[: self._at_most]
        try:
            results = self._write_all([queued.row for queued in group])
            for queued, result in zip(group, results, strict=True):
                queued.results = (result,)
        except Exception:
            if len(group) == 1:
                raise
            logger.warning(
                "%s rows could not be written together; each goes alone",
                len(group),
                exc_info=True,
            )
        finally:
            self._hand_over(group)

    def _hand_over(self, group: Sequence[_QueuedRow[Row, Result]]) -> None:
        with self._lock:
            following = self._waiting[:1]
            self._writing = bool(following)
        for queued in group:
            queued.tried = True
            queued.called.release()
        for queued in following:
            queued.called.release()
