"""Pages of a list that rows arrive in: by the position of a row, never by a number."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from conversations.models import Conversation, ConversationQuerySet


class BadCursor(ValueError):
    """A cursor that this program did not make."""


@dataclass(frozen=True, slots=True)
class Position:
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


def first_page(queryset: ConversationQuerySet, size: int) -> Page:
    rows, more = _cut(queryset.newest_first(), size)
    return Page(rows, None, Position.of(rows[-1]) if more else None)


def page_before(queryset: ConversationQuerySet, end: Position, size: int) -> Page:
    """The rows that are older than `end`."""
    older = queryset.older_than(end.created_at, end.id).newest_first()
    rows, more = _cut(older, size)
    return Page(
        rows,
        Position.of(rows[0]) if rows else end,
        Position.of(rows[-1]) if more else None,
    )


def page_after(queryset: ConversationQuerySet, start: Position, size: int) -> Page:
    """The rows next newer than `start`; the first page where they reach the top."""
    newer = queryset.newer_than(start.created_at, start.id).oldest_first()
    rows, more = _cut(newer, size)
    if not more:
        return first_page(queryset, size)
    rows.reverse()
    return Page(rows, Position.of(rows[0]), Position.of(rows[-1]))


def _cut(queryset: ConversationQuerySet, size: int) -> tuple[list[Conversation], bool]:
    # One more than shown says whether there is a further page, without counting.
    rows = list(queryset[: size + 1])
    return rows[:size], len(rows) > size
