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


class _Place(Generic[Row, Result]):
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
        # Its first place leads next; it is empty while nobody writes.
        self._waiting: list[_Place[Row, Result]] = []
        self._writing = False

    def write(self, row: Row) -> Result:
        """Return the result of the row once it is committed.

        Raises:
            Exception: whatever writing the row alone raises.
        """
        place: _Place[Row, Result] = _Place(row)
        if not self._is_first(place):
            place.called.acquire()
        if not place.tried:
            self._lead()
        for result in place.results:
            return result
        return self._write_all([row])[0]

    def _is_first(self, place: _Place[Row, Result]) -> bool:
        with self._lock:
            self._waiting.append(place)
            first = not self._writing
            self._writing = True
        return first

    def _lead(self) -> None:
        with self._lock:
            group = self._waiting[: self._at_most]
            del self._waiting[: self._at_most]
        try:
            results = self._write_all([place.row for place in group])
            for place, result in zip(group, results, strict=True):
                place.results = (result,)
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

    def _hand_over(self, group: Sequence[_Place[Row, Result]]) -> None:
        with self._lock:
            following = self._waiting[:1]
            self._writing = bool(following)
        for place in group:
            place.tried = True
            place.called.release()
        for place in following:
            place.called.release()
