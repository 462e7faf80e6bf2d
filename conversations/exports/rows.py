"""The rows of an export: walked in small steps, each a query of its own.

No transaction and no cursor lasts longer than a step, so an export of any length holds
nothing in the database, and a row is as it is when its step comes. What arrives after
the first step is newer than all that follows, so it is not among them.

A step is bounded by rows, and what is in memory of it by bytes: metadata that is short
comes with its row, longer ones are read for as many rows at a time as leave room.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast
from uuid import UUID

from django.db.models import (
    Case,
    F,
    Func,
    IntegerField,
    JSONField,
    Prefetch,
    TextField,
    Value,
    When,
    prefetch_related_objects,
)
from django.db.models.functions import Cast
from django.db.models.lookups import LessThanOrEqual
from django.db.models.query import ValuesListIterable

from accounts.models import Organization
from conversations.exports.request import ExportRequest
from conversations.listing.query import rows_with_reference
from conversations.models import Agent, Conversation, ConversationQuerySet, Recording
from conversations.search.filters import Filters
from conversations.search.page_search import Search
from web.paging import Position, Rows

STEP = 500
# What a tenth of the rows fit is then found among those that a search walks at first.
SEARCH_STEP = 200
# Metadata of rows that are in memory at once. What comes with its row is so short that
# it cannot be more for all rows of a step; what is longer may be one row's alone.
BYTES_TOGETHER = 2 * 1024 * 1024
SHORT_BYTES = BYTES_TOGETHER // STEP
COLUMNS = [field.attname for field in Conversation._meta.concrete_fields]
RECORDING = Conversation._meta.get_field("recording")
# What `Conversation.told_recording` is asked for: none of it is null where there is one.
RECORDING_COLUMNS = [
    field.attname
    for field in Recording._meta.concrete_fields
    if field.attname in {"conversation_id", "state", "file", "last_error"}
]
METADATA_BYTES = Func(
    Cast("metadata", TextField()),
    function="octet_length",
    output_field=IntegerField(),
)
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
    """Yield the rows in the order of the list: what has exactly the requested
    reference, then newest first.

    With all of a row, and its agent's name. Whoever walks them keeps no more than one.
    """
    first = deque(_first(organization, wanted))
    known = {row.id for row in first}
    yield from _complete(first)
    source, size = _source(organization, wanted)
    than: Position | None = None
    while True:
        rows = deque(source.next_older(than, size))
        is_last = len(rows) < size
        than = Position.of(rows[-1]) if rows else None
        yield from _complete(deque(row for row in rows if row.id not in known))
        if is_last:
            return


def how_many(organization: Organization, wanted: ExportRequest) -> Amount:
    """Return how many rows an export has, or will be found to have."""
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
    """Return what Postgres's statistics make of it, to two figures, as good as they are."""
    (plan,) = json.loads(rows.explain(format="json"))
    count = int(plan["Plan"]["Plan Rows"])
    return int(float(f"{count:.2g}"))


def _first(organization: Organization, wanted: ExportRequest) -> Sequence[Conversation]:
    if wanted.chosen is not None or not wanted.asked.reference:
        return []
    ids = [row.id for row in rows_with_reference(organization, wanted.asked)]
    return list(_with_short_metadata(_chosen(organization, ids)).newest_first())


def _source(
    organization: Organization, wanted: ExportRequest
) -> tuple[Rows[Conversation, Position], int]:
    """Return what the rows come from, and how many of them make a step."""
    if wanted.chosen is not None:
        return _with_short_metadata(_chosen(organization, wanted.chosen)), STEP
    filters = _filters(organization, wanted)
    search = Search(organization, filters, whole=True)
    search.fitting = _with_short_metadata(search.fitting)
    return search, STEP if filters.are_direct else SEARCH_STEP


def _filters(organization: Organization, wanted: ExportRequest) -> Filters:
    return wanted.asked.filters(organization.zone)


def _chosen(organization: Organization, ids: Sequence[UUID]) -> ConversationQuerySet:
    rows = Conversation.objects.in_organization(organization).with_recording()
    return rows.filter(id__in=ids)


class _Rows(ValuesListIterable):  # type: ignore[type-arg]
    """Makes conversations, and their recordings as far as programs are told of them, of
    columns as they come from `values_list`: several times as fast as rows without a
    column, which Django puts together field by field."""

    def __iter__(self) -> Iterator[Conversation]:
        database = self.queryset.db
        for values in super().__iter__():
            row = Conversation.from_db(database, COLUMNS, values[: len(COLUMNS)])
            of_recording = values[len(COLUMNS) :]
            # As `with_recording` does, which counts for querysets of models alone.
            RECORDING.set_cached_value(
                row,
                None
                if None in of_recording
                else Recording.from_db(database, RECORDING_COLUMNS, of_recording),
            )
            yield row


def _with_short_metadata(rows: ConversationQuerySet) -> ConversationQuerySet:
    """Return the rows; where their metadata is long, they have None instead."""
    is_short = LessThanOrEqual(METADATA_BYTES, Value(SHORT_BYTES))
    short = Case(When(is_short, then=F("metadata")), output_field=JSONField())
    columns = ["short" if name == "metadata" else name for name in COLUMNS]
    columns += [f"recording__{name}" for name in RECORDING_COLUMNS]
    found: Any = rows.annotate(short=short).values_list(*columns)
    found._iterable_class = _Rows
    return cast(ConversationQuerySet, found)


def _complete(rows: deque[Conversation]) -> Iterator[list[Conversation]]:
    """Yield the rows in order, with metadata and agent, as many at a time as leave
    room.

    They are taken out of `rows`, so that nothing holds what was yielded before.
    """
    sizes = _sizes_of_long(rows)
    if rows and not any(map(_is_long, rows)):  # as mostly
        yield _with_agents(list(rows))
        return
    while rows:
        group: list[Conversation] = []
        room = BYTES_TOGETHER
        while rows and (not group or sizes.get(rows[0].id, SHORT_BYTES) <= room):
            row = rows.popleft()
            room -= sizes.get(row.id, SHORT_BYTES)
            group.append(row)
        if whole := _with_metadata(group):
            yield _with_agents(whole)


def _sizes_of_long(rows: Iterable[Conversation]) -> dict[UUID, int]:
    """Return the bytes of metadata that did not come with its row."""
    ids = [row.id for row in rows if _is_long(row)]
    if not ids:
        return {}
    rows_of_ids = Conversation.objects.filter(id__in=ids)
    return dict(rows_of_ids.values_list("id", METADATA_BYTES))


def _with_metadata(rows: Sequence[Conversation]) -> list[Conversation]:
    """Return the rows with their metadata, but those that were erased meanwhile."""
    ids = [row.id for row in rows if _is_long(row)]
    read = Conversation.objects.filter(id__in=ids).values_list("id", "metadata")
    metadata = dict(read) if ids else {}
    found = []
    for row in rows:
        if _is_long(row):
            if row.id not in metadata:
                continue
            row.metadata = metadata[row.id]
        found.append(row)
    return found


def _is_long(row: Conversation) -> bool:
    return row.metadata is None


def _with_agents(rows: list[Conversation]) -> list[Conversation]:
    names = Agent.objects.only("name", "external_id")
    prefetch_related_objects(rows, Prefetch("agent", names))
    return rows
