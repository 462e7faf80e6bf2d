"""The rows of an export: walked in small steps, each a query of its own.

No transaction and no cursor lasts longer than a step, so an export of any length holds
nothing in the database, and a row is as it is when its step comes. What arrives after
the first step is newer than all that follows, so it is not among them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db.models import Prefetch, prefetch_related_objects

from accounts.models import Organization
from conversations.exports.request import ExportRequest
from conversations.listing.query import rows_with_reference
from conversations.models import Agent, Conversation, ConversationQuerySet
from conversations.search.filters import Filters
from conversations.search.keyset import Position, Rows
from conversations.search.page_search import Search

STEP = 500
# What a tenth of the rows fit is then found among those that a search walks at first.
SEARCH_STEP = 200
# Up to so many are counted; a search is asked for no more than one page of them.
COUNTED = 10_000
SEARCHED = 1_000


@dataclass(frozen=True, slots=True)
class Amount:
    """How many rows there are, as well as it can be told without counting them all."""

    count: int
    kind: Literal["exactly", "about", "more than"] = "exactly"

    @property
    def is_exact(self) -> bool:
        return self.kind == "exactly"

    def __str__(self) -> str:
        return f"{self.count:,}" if self.is_exact else f"{self.kind} {self.count:,}"


def steps(
    organization: Organization, wanted: ExportRequest
) -> Iterator[list[Conversation]]:
    """In the order of the list: what has exactly the reference that was asked for, then
    newest first. With all of a row, and its agent's name."""
    first = _first(organization, wanted)
    known = {row.id for row in first}
    if first:
        yield _with_agents(first)
    source, size = _source(organization, wanted)
    than: Position | None = None
    while True:
        rows = source.next_older(than, size)
        fresh = [row for row in rows if row.id not in known]
        if fresh:
            yield _with_agents(fresh)
        if len(rows) < size:
            return
        than = Position.of(rows[-1])


def how_many(organization: Organization, wanted: ExportRequest) -> Amount:
    if wanted.chosen is not None:
        return Amount(_chosen(organization, wanted.chosen).count())
    filters = _filters(organization, wanted)
    search = Search(organization, filters)
    if not filters.are_direct:
        found = search.next_older(None, SEARCHED + 1)
        if len(found) > SEARCHED:
            return Amount(SEARCHED, "more than")
        known = {row.id for row in found}
        return Amount(
            len(
                known
                | {row.id for row in rows_with_reference(organization, wanted.asked)}
            )
        )
    count = search.fitting[: COUNTED + 1].count()
    if count <= COUNTED:
        return Amount(count)
    return Amount(max(_planned(search.fitting), COUNTED), "about")


def _planned(rows: ConversationQuerySet) -> int:
    """What Postgres's statistics make of it, to two figures: they are no better."""
    (plan,) = json.loads(rows.explain(format="json"))
    count = int(plan["Plan"]["Plan Rows"])
    return int(float(f"{count:.2g}"))


def _first(organization: Organization, wanted: ExportRequest) -> Sequence[Conversation]:
    if wanted.chosen is not None or not wanted.asked.reference:
        return []
    ids = [row.id for row in rows_with_reference(organization, wanted.asked)]
    return list(_chosen(organization, ids).newest_first())


def _source(organization: Organization, wanted: ExportRequest) -> tuple[Rows, int]:
    """What the rows come from, and how many of them make a step."""
    if wanted.chosen is not None:
        return _chosen(organization, wanted.chosen), STEP
    filters = _filters(organization, wanted)
    search = Search(organization, filters, whole=True)
    return search, STEP if filters.are_direct else SEARCH_STEP


def _filters(organization: Organization, wanted: ExportRequest) -> Filters:
    return wanted.asked.filters(organization.zone)


def _chosen(organization: Organization, ids: Sequence[UUID]) -> ConversationQuerySet:
    rows = Conversation.objects.in_organization(organization).with_recording()
    return rows.filter(id__in=ids)


def _with_agents(rows: Sequence[Conversation]) -> list[Conversation]:
    names = Agent.objects.only("name", "external_id")
    found = list(rows)
    prefetch_related_objects(found, Prefetch("agent", names))
    return found
