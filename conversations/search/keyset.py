"""Pages of a list that rows arrive in: by the position of a row, never by a number."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol, Self
from uuid import UUID

from conversations.models import Conversation


class BadCursor(ValueError):
    """A cursor that this program did not make."""


class Position(NamedTuple):
    """Where a conversation stands in every list: newest first, then by id."""

    created_at: datetime
    id: UUID

    @classmethod
    def of(cls, row: Conversation) -> Self:
        return cls(row.created_at, row.id)

    @classmethod
    def from_cursor(cls, cursor: str) -> Self:
        try:
            raw = base64.urlsafe_b64decode(cursor.encode() + b"==").decode()
            moment, _, identifier = raw.partition(" ")
            created_at = datetime.fromisoformat(moment)
            position = cls(created_at, UUID(identifier))
        except (ValueError, binascii.Error) as error:
            raise BadCursor(cursor) from error
        if created_at.tzinfo is None:
            raise BadCursor(cursor)
        return position

    @property
    def cursor(self) -> str:
        raw = f"{self.created_at.isoformat()} {self.id}"
        return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and whether there are newer and older ones.

    newer, older: the positions to go on from; none where the list ends.
    """

    rows: list[Conversation]
    newer: Position | None
    older: Position | None


class Rows(Protocol):
    """Whatever a page can be read from: a queryset, a search."""

    def next_older(
        self, than: tuple[datetime, UUID] | None, count: int
    ) -> list[Conversation]:
        """The newest of them, newest first."""

    def next_newer(self, than: tuple[datetime, UUID], count: int) -> list[Conversation]:
        """The oldest of them, oldest first."""


def first_page(source: Rows, size: int) -> Page:
    # One more than shown says whether there is a further page, without counting.
    rows = source.next_older(None, size + 1)
    more = len(rows) > size
    rows = rows[:size]
    return Page(rows, None, Position.of(rows[-1]) if more else None)


def page_before(source: Rows, end: Position, size: int) -> Page:
    """The rows that are older than `end`."""
    rows = source.next_older(end, size + 1)
    more = len(rows) > size
    rows = rows[:size]
    return Page(
        rows,
        Position.of(rows[0]) if rows else end,
        Position.of(rows[-1]) if more else None,
    )


def page_after(source: Rows, start: Position, size: int) -> Page:
    """The rows next newer than `start`; the first page where they reach the top."""
    rows = source.next_newer(start, size + 1)
    if len(rows) <= size:
        return first_page(source, size)
    rows = rows[:size][::-1]
    return Page(rows, Position.of(rows[0]), Position.of(rows[-1]))
