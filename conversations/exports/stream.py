"""The body of a download: read as slowly as its reader likes, and always let go."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Generic, Protocol, Self, TypeVar

from accounts.models import Organization, User
from conversations.exports.csv_file import Spreadsheet
from conversations.exports.json_lines import JsonLines
from conversations.exports.request import ExportRequest, Format
from conversations.exports.rows import steps
from conversations.models import Conversation
from web.long_answers import Kind, take_slot

logger = logging.getLogger(__name__)

Row = TypeVar("Row")
Given = TypeVar("Given", contravariant=True)

LASTS = 3600.0  # seconds
# A step may take its reader long.
ASKED_AGAIN_AFTER = 5.0  # seconds
# The server keeps up to six pieces that a slow reader has not taken.
PIECE_BYTES = 256 * 1024


class Outcome(StrEnum):
    """How an export ended; its words are for the log."""

    WHOLE = "is whole"
    BROKEN = "broke off"
    STOPPED = "was stopped by its reader"


class AccessLost(Exception):
    """Whoever began the export may no longer read what follows; its text says why."""


class Writer(Protocol[Given]):
    """What turns rows into the bytes of a file."""

    def head(self) -> bytes:
        """Return what the file begins with."""

    def lines(self, rows: Sequence[Given]) -> Iterable[tuple[int, bytes]]:
        """Yield some rows at a time: how many they are, and their lines."""

    def broken_off(self, rows: int, reason: str) -> bytes:
        """Return what the file ends with where it is not whole: a mark for programs,
        and the reason for people. rows: how many it has."""


def writer_of(wanted: ExportRequest) -> Writer[Conversation]:
    """Return the writer of the requested format."""
    if wanted.format is Format.CSV:
        return Spreadsheet(wanted.metadata_keys)
    return JsonLines(with_transcripts=wanted.format is Format.TRANSCRIPTS)


class RowDownload(Generic[Row]):
    """One file of rows under way. Whoever makes one closes it, or has Django do so.

    What breaks it is named in its last line: the server ends a body that raised as if it
    were whole. A process that is killed, and a network that goes, leave an answer
    without its end, which every reader of HTTP notices.

    steps: some rows at a time, read when their turn comes.
    why_lost: says why whoever began it may no longer read; empty while they may.
    outcome: None while it is under way.

    Raises:
        NoSlotFree: there is no room for it in this process.
    """

    def __init__(
        self,
        *,
        organization: Organization,
        writer: Writer[Row],
        steps: Iterator[Sequence[Row]],
        by: User,
        why_lost: Callable[[], str],
    ) -> None:
        self._slot = take_slot(Kind.EXPORT, organization.pk)
        self.writer = writer
        self.steps = steps
        self.by = by
        self.why_lost = why_lost
        self.rows = 0
        self.outcome: Outcome | None = None
        self._parts = self._write()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        return next(self._parts)

    def close(self) -> None:
        """Let go of the slot; any number of times, from any thread that is not within
        it."""
        self._parts.close()
        self._slot.release()

    def _write(self) -> Generator[bytes, None, None]:
        writer = self.writer
        began = time.monotonic()
        outcome = Outcome.STOPPED
        try:
            yield writer.head()
            for count, lines in self._lines():
                yield from pieces(lines)
                self.rows += count
                if time.monotonic() - began > LASTS:
                    raise TimeoutError(f"longer than {LASTS:.0f} s")
            outcome = Outcome.WHOLE
        except AccessLost as error:
            outcome = Outcome.BROKEN
            yield writer.broken_off(self.rows, f"{self._broke_off()}, since {error}.")
        except Exception:
            logger.exception("An export broke off")
            outcome = Outcome.BROKEN
            yield writer.broken_off(self.rows, f"{self._broke_off()}. Export again.")
        finally:
            self.outcome = outcome
            logger.info(
                "Export of user %s %s: %s rows in %.1f s",
                *(self.by.pk, outcome, self.rows, time.monotonic() - began),
            )

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield the lines of some rows at a time, as long as they may be read: asked at
        each step, and within one that takes long.

        Raises:
            AccessLost: they may not any more.
        """
        for rows in self.steps:
            asked_at = -ASKED_AGAIN_AFTER
            for part in self.writer.lines(rows):
                if time.monotonic() - asked_at >= ASKED_AGAIN_AFTER:
                    if why := self.why_lost():
                        raise AccessLost(why)
                    asked_at = time.monotonic()
                yield part

    def _broke_off(self) -> str:
        return f"the export broke off after {self.rows:,} rows"


class Download(RowDownload[Conversation]):
    """An export of conversations under way.

    Raises:
        NoSlotFree: there is no room for it in this process.
    """

    def __init__(
        self,
        *,
        organization: Organization,
        wanted: ExportRequest,
        by: User,
        why_lost: Callable[[], str],
    ) -> None:
        super().__init__(
            organization=organization,
            writer=writer_of(wanted),
            steps=steps(organization, wanted),
            by=by,
            why_lost=why_lost,
        )


def pieces(lines: bytes) -> Iterator[bytes]:
    """Cut what is handed to the server into parts of at most PIECE_BYTES."""
    for start in range(0, len(lines), PIECE_BYTES):
        yield lines[start : start + PIECE_BYTES]
