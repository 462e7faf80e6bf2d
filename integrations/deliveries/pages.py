"""The delivery log in pages, by the place of a row in the log, never by a number.

Nothing here scans without an end: where no index leads to what is asked for, a page
looks through so many rows and says how far it got.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models import Organization
from integrations.deliveries.filters import Filters
from integrations.models import Delivery
from integrations.models.delivery import DeliveryQuerySet

PAGE_SIZE = 50
# Rows to look through where no index leads: at first few, which is mostly enough; on
# the newest page, which is asked for again and again; where a reader asks for more.
FIRST_LOOK = 500
MAX_SEARCHED = 10_000
MAX_SEARCHED_FURTHER = 100_000


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and the rows to go on from; none where the log ends.

    searched_back_to: where looking stopped before the page was full.
    """

    rows: list[Delivery]
    newer: UUID | None
    older: UUID | None
    searched_back_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """rows: at most as many as were asked for; more: whether further ones are known.

    edge: where looking stopped, if not at the end of the log.
    """

    rows: list[Delivery]
    more: bool
    edge: Delivery | None


def read_page(
    organization: Organization, filters: Filters, parameters: Mapping[str, str]
) -> Page:
    """The page that `before` or `after` in the address names; else the newest."""
    if start := _place(organization, parameters.get("after", "")):
        page = _page_after(organization, filters, start)
        if page:
            return page
    end = _place(organization, parameters.get("before", ""))
    return _page_before(organization, filters, end)


def _place(organization: Organization, cursor: str) -> Delivery | None:
    """The row that a page goes on from. A damaged link, or one to a row that is gone,
    is none: its reader wanted the log, not an error."""
    try:
        uuid = UUID(cursor)
    except ValueError:
        return None
    log = Delivery.objects.in_organization(organization)
    return log.filter(uuid=uuid).only("sequence", "uuid").first()


def _page_before(
    organization: Organization, filters: Filters, end: Delivery | None
) -> Page:
    """The rows that are older than `end`; the newest where there is none."""
    found = find_older(
        organization,
        filters,
        than=end.sequence if end else None,
        count=PAGE_SIZE,
        most_searched=MAX_SEARCHED_FURTHER if end else MAX_SEARCHED,
    )
    newer = (found.rows[0] if found.rows else end) if end else None
    older = found.rows[-1] if found.more else found.edge
    return Page(
        found.rows,
        newer.uuid if newer else None,
        older.uuid if older else None,
        found.edge.received_at if found.edge and not found.more else None,
    )


def find_older(
    organization: Organization,
    filters: Filters,
    *,
    than: int | None,
    count: int,
    most_searched: int,
) -> Found:
    """The newest rows that fit and are older than the sequence `than`."""
    walked = filters.walked(organization).newest_first()
    if than is not None:
        walked = walked.filter(sequence__lt=than)
    for limit in _looks(filters, most_searched):
        edge = _edge(walked, limit)
        part = walked.filter(sequence__gte=edge.sequence) if edge else walked
        rows, more = _cut(filters.narrow(part, organization).for_list(), count)
        if more or not edge:
            break
    return Found(rows, more, edge)


def _page_after(
    organization: Organization, filters: Filters, start: Delivery
) -> Page | None:
    """The rows next newer than `start`; None where they reach the top."""
    walked = filters.walked(organization).order_by("sequence")
    walked = walked.filter(sequence__gt=start.sequence)
    for limit in _looks(filters, MAX_SEARCHED_FURTHER):
        edge = _edge(walked, limit)
        part = walked.filter(sequence__lte=edge.sequence) if edge else walked
        narrowed = filters.narrow(part, organization).for_list()
        rows, more = _cut(narrowed.order_by("sequence"), PAGE_SIZE)
        if more or not edge:
            break
    if not more and edge is None:
        return None
    rows.reverse()
    newer = rows[0] if more else edge
    return Page(
        rows, newer.uuid if newer else None, rows[-1].uuid if rows else start.uuid
    )


def _looks(filters: Filters, most: int) -> list[int]:
    """How many rows to look through, one try after the other; 0 is all of them."""
    return [FIRST_LOOK, most] if filters.must_search else [0]


def _edge(walked: DeliveryQuerySet, limit: int) -> Delivery | None:
    """The last row to look at, where there are more than may be."""
    if not limit:
        return None
    # The sequence alone: the index has it.
    places = walked.values_list("sequence", flat=True)
    place = next(iter(places[limit : limit + 1]), None)
    if place is None:
        return None
    return Delivery.objects.only("sequence", "uuid", "received_at").get(sequence=place)


def _cut(queryset: DeliveryQuerySet, count: int) -> tuple[list[Delivery], bool]:
    # One more than shown says whether there is a further page, without counting.
    rows = list(queryset[: count + 1])
    return rows[:count], len(rows) > count
