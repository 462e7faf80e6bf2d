"""Conversations that came late: after they had been called missing.

Conversations do not know what was expected, so the app that does registers its rows here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Organization

Source = Callable[[], QuerySet[Any]]
_sources: list[Source] = []


def provide_late_arrivals(source: Source) -> None:
    """Register a function that returns rows with `organization`, `conversation` and
    `arrived_at`, which is when the conversation was created; called once, when the app
    is loaded.
    """
    _sources[:] = [source]


def came_late() -> Exists:
    """Return the condition of the conversations that came late."""
    return Exists(_sources[0]().filter(conversation=OuterRef("pk")))


def late_batches(
    organization: Organization,
    *,
    since: datetime | None,
    until: datetime | None,
    start: datetime | None,
    newest_first: bool,
    size: int,
) -> Iterator[list[UUID]]:
    """Yield the ids of conversations that came late, some at a time, in the order of
    their arrival; what arrived at one moment is in one batch.

    since, until: from the first and before the second. start: where to begin, itself
    included; None for the end of the list. size: at least so many in a batch.
    """
    rows = _sources[0]().filter(organization=organization, conversation__isnull=False)
    if since:
        rows = rows.filter(arrived_at__gte=since)
    if until:
        rows = rows.filter(arrived_at__lt=until)
    order, beyond = ("-arrived_at", "lt") if newest_first else ("arrived_at", "gt")
    part = rows if start is None else rows.filter(**{f"arrived_at__{beyond}e": start})
    while True:
        found = list(
            part.order_by(order).values_list("arrived_at", "conversation_id")[:size]
        )
        ids = [id_ for _, id_ in found]
        if len(found) < size:
            yield ids
            return
        last = found[-1][0]
        same = rows.filter(arrived_at=last).values_list("conversation_id", flat=True)
        yield [*ids, *same]
        part = rows.filter(**{f"arrived_at__{beyond}": last})
