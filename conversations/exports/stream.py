"""The body of a download: read as slowly as its reader likes, and always let go."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Generator, Iterable, Sequence
from typing import Protocol, Self

from accounts.models import Organization, User
from conversations.exports.csv_file import Spreadsheet
from conversations.exports.json_lines import JsonLines
from conversations.exports.request import ExportRequest, Format
from conversations.exports.rows import steps
from conversations.models import Conversation

logger = logging.getLogger(__name__)

# Each holds a thread of its process for as long as it lasts, and six threads take the
# calls as well.
AT_ONCE = 2
LASTS = 3600.0  # seconds
_free = threading.BoundedSemaphore(AT_ONCE)


class Busy(Exception):
    """As many exports as may run in this process do."""


class Writer(Protocol):
    def head(self) -> bytes: ...

    def lines(self, rows: Sequence[Conversation]) -> Iterable[bytes]: ...

    def broken_off(self, reason: str) -> bytes:
        """What the file ends with where it is not whole."""


def writer_of(wanted: ExportRequest) -> Writer:
    if wanted.format is Format.CSV:
        return Spreadsheet(wanted.metadata_keys)
    return JsonLines(with_transcripts=wanted.format is Format.TRANSCRIPTS)


class Download:
    """One export under way. Whoever makes one closes it, or has Django do so.

    What breaks it is told in its last line: the server ends a body that raised as if it
    were whole. A process that is killed, and a network that goes, leave an answer
    without its end, which every reader of HTTP notices.

    Raises `Busy` where there is no room for it.
    """

    def __init__(
        self, *, organization: Organization, wanted: ExportRequest, by: User
    ) -> None:
        if not _free.acquire(blocking=False):
            raise Busy
        self.organization = organization
        self.wanted = wanted
        self.by = by
        self.rows = 0
        self._holds_a_place = True
        self._parts = self._write()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        return next(self._parts)

    def close(self) -> None:
        """Any number of times, from any thread that is not within it."""
        self._parts.close()
        if self._holds_a_place:
            self._holds_a_place = False
            _free.release()

    def _write(self) -> Generator[bytes, None, None]:
        writer = writer_of(self.wanted)
        began = time.monotonic()
        outcome = "was stopped by its reader"
        try:
            yield writer.head()
            for rows in steps(self.organization, self.wanted):
                yield from writer.lines(rows)
                self.rows += len(rows)
                if time.monotonic() - began > LASTS:
                    raise TimeoutError(f"longer than {LASTS:.0f} s")
            outcome = "is whole"
        except Exception:
            logger.exception("An export broke off")
            outcome = "broke off"
            yield writer.broken_off(
                f"the export broke off after {self.rows:,} rows. Export again."
            )
        finally:
            logger.info(
                "Export of user %s %s: %s rows in %.1f s",
                *(self.by.pk, outcome, self.rows, time.monotonic() - began),
            )
