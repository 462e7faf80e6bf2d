"""Pages of a list that rows arrive in: by the position of a row, never by a number."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar
from uuid import UUID

from django.db.models import Q


class BadCursor(ValueError):
    """A cursor that this program did not make."""


class HasCursor(Protocol):
    """A position of a list, as addresses write it."""

    @property
    def cursor(self) -> str:
        """Return the text that names this position in an address."""


Row = TypeVar("Row")
Place = TypeVar("Place", bound=HasCursor)
Than = TypeVar("Than", contravariant=True)


class Position(NamedTuple):
    """Where a row stands in a list that is newest first, then by id."""

    created_at: datetime
    id: UUID

    @classmethod
    def of(cls, row: Any) -> Self:
        """Return the position of a row that has a `created_at` and an `id`."""
        return cls(row.created_at, row.id)

    @classmethod
    def from_cursor(cls, cursor: str) -> Self:
        """Return the position that a cursor names.

        Raises:
            BadCursor: this program did not make it.
        """
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
        """Return this position as base64, with the letters of addresses."""
        raw = f"{self.created_at.isoformat()} {self.id}"
        return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")

    @property
    def behind(self) -> Q:
        """Return the condition of the rows that are older than this position."""
        # The first condition alone bounds the index; the second settles ties.
        return Q(created_at__lte=self.created_at) & (
            Q(created_at__lt=self.created_at) | Q(id__lt=self.id)
        )

    @property
    def ahead(self) -> Q:
        """Return the condition of the rows that are newer than this position."""
        return Q(created_at__gte=self.created_at) & (
            Q(created_at__gt=self.created_at) | Q(id__gt=self.id)
        )


class HasId(Protocol):
    """A row whose ids grow with time."""

    id: UUID


class IdPosition(NamedTuple):
    """Where a row stands in a list whose ids grow with time."""

    id: UUID

    @classmethod
    def of(cls, row: HasId) -> Self:
        """Return the position of a row."""
        return cls(row.id)

    @classmethod
    def from_cursor(cls, cursor: str) -> Self:
        """Return the position that a cursor names.

        Raises:
            BadCursor: it is not an id.
        """
        try:
            return cls(UUID(cursor))
        except ValueError as error:
            raise BadCursor(cursor) from error

    @property
    def cursor(self) -> str:
        """Return the row's id."""
        return str(self.id)


class Rows(Protocol[Row, Than]):
    """Whatever rows can be read from in order: a queryset, a search."""

    def next_older(self, than: Than | None, count: int) -> list[Row]:
        """Return up to `count` rows behind a position, newest first."""

    def next_newer(self, than: Than, count: int) -> list[Row]:
        """Return up to `count` rows in front of a position, oldest first."""


@dataclass(frozen=True, slots=True)
class Found(Generic[Row]):
    """The rows next to a position, at most as many as were asked for.

    more: whether further ones are known.
    edge: the row where looking stopped, if not at the end of the list.
    """

    rows: list[Row]
    more: bool
    edge: Row | None = None

    @property
    def last(self) -> Row | None:
        """Return the row to go on from; None where the list ends."""
        return self.rows[-1] if self.more else self.edge


class Source(Protocol[Row, Place]):
    """What pages are read from: rows next to a position, and the position of a row."""

    def find_older(self, than: Place | None, count: int) -> Found[Row]:
        """Return the rows behind a position, or the newest, newest first."""

    def find_newer(self, than: Place, count: int) -> Found[Row]:
        """Return the rows in front of a position, oldest first."""

    def position_of(self, row: Row) -> Place:
        """Return where a row stands."""

    def position_in(self, cursor: str) -> Place:
        """Return the position that a cursor names.

        Raises:
            BadCursor: it names none.
        """


@dataclass(frozen=True, slots=True)
class Page(Generic[Row, Place]):
    """Some rows, and whether there are newer and older ones.

    newer, older: the positions to go on from; None where the list ends.
    edge: the row where looking stopped before the page was full.
    """

    rows: list[Row]
    newer: Place | None
    older: Place | None
    edge: Row | None = None


@dataclass(frozen=True, slots=True)
class Keyset(Generic[Row, Place]):
    """Rows that an index leads to, as the source of pages."""

    rows: Rows[Row, Place]
    position_of: Callable[[Row], Place]
    position_in: Callable[[str], Place]

    def find_older(self, than: Place | None, count: int) -> Found[Row]:
        """Return the rows behind a position, or the newest, newest first."""
        return cut(self.rows.next_older(than, count + 1), count)

    def find_newer(self, than: Place, count: int) -> Found[Row]:
        """Return the rows in front of a position, oldest first."""
        return cut(self.rows.next_newer(than, count + 1), count)


def cut(rows: Iterable[Row], count: int, edge: Row | None = None) -> Found[Row]:
    """Return the first `count` of rows, of which one more was read.

    That one says whether there is a further page, without counting.
    """
    found = list(rows)
    return Found(found[:count], len(found) > count, edge)


def read_page(
    source: Source[Row, Place], parameters: Mapping[str, str], size: int
) -> Page[Row, Place]:
    """Return the page that `before` or `after` in the address names; else the newest."""
    try:
        if cursor := parameters.get("before"):
            return page_before(source, source.position_in(cursor), size)
        if cursor := parameters.get("after"):
            return page_after(source, source.position_in(cursor), size)
    except BadCursor:
        # A damaged link: its reader wanted the list, not an error.
        pass
    return first_page(source, size)


def first_page(source: Source[Row, Place], size: int) -> Page[Row, Place]:
    """Return the newest rows."""
    return _page_of_older(source, source.find_older(None, size), newer=None)


def page_before(source: Source[Row, Place], end: Place, size: int) -> Page[Row, Place]:
    """Return the rows that are older than `end`."""
    found = source.find_older(end, size)
    newer = source.position_of(found.rows[0]) if found.rows else end
    return _page_of_older(source, found, newer=newer)


def page_after(source: Source[Row, Place], start: Place, size: int) -> Page[Row, Place]:
    """Return the rows next newer than `start`; the first page where they reach the top."""
    found = source.find_newer(start, size)
    if found.last is None:
        return first_page(source, size)
    older = source.position_of(found.rows[0]) if found.rows else start
    return Page(found.rows[::-1], source.position_of(found.last), older)


def _page_of_older(
    source: Source[Row, Place], found: Found[Row], *, newer: Place | None
) -> Page[Row, Place]:
    older = None if found.last is None else source.position_of(found.last)
    return Page(found.rows, newer, older, None if found.more else found.edge)


def page_links(page: Page[Row, Place], query: str) -> dict[str, str]:
    """Return the addresses of the pages beside this one; empty where there is none.

    query: of the list's filters, without the question mark.
    """
    start = f"?{query}&" if query else "?"
    return {
        "newer_url": f"{start}after={page.newer.cursor}" if page.newer else "",
        "older_url": f"{start}before={page.older.cursor}" if page.older else "",
    }
