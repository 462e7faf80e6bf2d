"""The delivery log in pages, by the place of a row in the log, never by a number.

Nothing here scans without an end: where no index leads to what is asked for, a page
looks through so many rows and says how far it got.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from accounts.models import Organization
from integrations.deliveries.filters import Filters
from integrations.models import Delivery
from integrations.models.delivery import DeliveryQuerySet
from web import paging
from web.paging import BadCursor, Found, Page, cut

PAGE_SIZE = 50
# Rows to look through where no index leads: at first few, which is mostly enough; on
# the newest page, which is asked for again and again; where a reader asks for more.
FIRST_LOOK = 500
MAX_SEARCHED = 10_000
MAX_SEARCHED_FURTHER = 100_000


class LogPosition(NamedTuple):
    """Where a row stands in the log. Addresses name the row, not its sequence."""

    sequence: int
    uuid: UUID

    @property
    def cursor(self) -> str:
        """Return the row's public id."""
        return str(self.uuid)


@dataclass(frozen=True, slots=True)
class FilteredLog:
    """The deliveries of an organization that fit, as the source of pages."""

    organization: Organization
    filters: Filters

    def find_older(self, than: LogPosition | None, count: int) -> Found[Delivery]:
        """Return the rows behind a position, or the newest, newest first."""
        return find_older(
            self.organization,
            self.filters,
            than=than.sequence if than else None,
            count=count,
            most_searched=MAX_SEARCHED_FURTHER if than else MAX_SEARCHED,
        )

    def find_newer(self, than: LogPosition, count: int) -> Found[Delivery]:
        """Return the rows in front of a position, oldest first."""
        walked = self.filters.walked(self.organization)
        walked = walked.filter(sequence__gt=than.sequence).order_by("sequence")
        for limit in _looks(self.filters, MAX_SEARCHED_FURTHER):
            edge = _edge(walked, limit)
            part = walked.filter(sequence__lte=edge.sequence) if edge else walked
            narrowed = self.filters.narrow(part, self.organization).for_list()
            found = cut(narrowed.order_by("sequence")[: count + 1], count, edge)
            if found.more or not edge:
                break
        return found

    def position_of(self, row: Delivery) -> LogPosition:
        """Return where a row stands."""
        return LogPosition(row.sequence, row.uuid)

    def position_in(self, cursor: str) -> LogPosition:
        """Return the position of the row that a cursor names.

        Raises:
            BadCursor: it is not an id, or its row is gone.
        """
        try:
            uuid = UUID(cursor)
        except ValueError as error:
            raise BadCursor(cursor) from error
        log = Delivery.objects.in_organization(self.organization)
        row = log.filter(uuid=uuid).only("sequence", "uuid").first()
        if row is None:
            raise BadCursor(cursor)
        return self.position_of(row)


def read_page(
    organization: Organization, filters: Filters, parameters: Mapping[str, str]
) -> Page[Delivery, LogPosition]:
    """Return the page that `before` or `after` in the address names; else the newest."""
    return paging.read_page(FilteredLog(organization, filters), parameters, PAGE_SIZE)


def find_older(
    organization: Organization,
    filters: Filters,
    *,
    than: int | None,
    count: int,
    most_searched: int,
) -> Found[Delivery]:
    """Return the newest rows that fit and are older than the sequence `than`."""
    walked = filters.walked(organization).newest_first()
    if than is not None:
        walked = walked.filter(sequence__lt=than)
    for limit in _looks(filters, most_searched):
        edge = _edge(walked, limit)
        part = walked.filter(sequence__gte=edge.sequence) if edge else walked
        narrowed = filters.narrow(part, organization).for_list()
        found = cut(narrowed[: count + 1], count, edge)
        if found.more or not edge:
            break
    return found


def _looks(filters: Filters, most: int) -> list[int]:
    """How many rows to look through, one try after the other; 0 is all of them."""
    return [FIRST_LOOK, most] if filters.must_search else [0]


def _edge(walked: DeliveryQuerySet, limit: int) -> Delivery | None:
    """Return the last row to look at, where there are more than may be."""
    if not limit:
        return None
    # The sequence alone: the index has it.
    places = walked.values_list("sequence", flat=True)
    place = next(iter(places[limit : limit + 1]), None)
    if place is None:
        return None
    return Delivery.objects.only("sequence", "uuid", "received_at").get(sequence=place)
