"""Expected sessions in pages, newest first, by the place of a row, never by a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, islice

from accounts.models import Organization
from integrations.expected_sessions.filters import Filters
from integrations.models import ExpectedSession
from web import paging
from web.paging import Found, Page, Position, cut

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class FilteredSessions:
    """The expected sessions of an organization that fit, as the source of pages."""

    organization: Organization
    filters: Filters

    def find_older(self, than: Position | None, count: int) -> Found[ExpectedSession]:
        """Return the rows behind a position, or the newest, newest first."""
        parts = [
            (rows.older_than(*than) if than else rows).newest_first().for_list()
            for rows in self.filters.streams(self.organization)
        ]
        found = sorted(
            chain.from_iterable(part[: count + 1] for part in parts),
            key=position_of,
            reverse=True,
        )
        return cut(islice(found, count + 1), count)

    def find_newer(self, than: Position, count: int) -> Found[ExpectedSession]:
        """Return the rows in front of a position, oldest first."""
        parts = [
            rows.newer_than(*than).oldest_first().for_list()
            for rows in self.filters.streams(self.organization)
        ]
        found = sorted(
            chain.from_iterable(part[: count + 1] for part in parts), key=position_of
        )
        return cut(islice(found, count + 1), count)

    def position_of(self, row: ExpectedSession) -> Position:
        """Return where a row stands."""
        return position_of(row)

    def position_in(self, cursor: str) -> Position:
        """Return the position that a cursor names.

        Raises:
            BadCursor: this program did not make it.
        """
        return Position.from_cursor(cursor)


def position_of(row: ExpectedSession) -> Position:
    """Return where a row stands in the list."""
    return Position(row.expected_at, row.id)


def read_page(
    organization: Organization, filters: Filters, parameters: Mapping[str, str]
) -> Page[ExpectedSession, Position]:
    """Return the page that `before` or `after` in the address names; else the newest."""
    source = FilteredSessions(organization, filters)
    return paging.read_page(source, parameters, PAGE_SIZE)
