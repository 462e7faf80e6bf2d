"""Conversations that came late: after they had been called missing.

Conversations do not know what was expected, so the app that does registers its rows here.
"""

from __future__ import annotations

from collections.abc import Callable
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


def ids_of_late(
    organization: Organization,
    count: int,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[UUID]:
    """Return up to `count` ids of conversations that came late, in no order; where times
    are given, from the first and before the second.
    """
    rows = _sources[0]().filter(organization=organization, conversation__isnull=False)
    if since:
        rows = rows.filter(arrived_at__gte=since)
    if until:
        rows = rows.filter(arrived_at__lt=until)
    return list(rows.values_list("conversation_id", flat=True)[:count])
