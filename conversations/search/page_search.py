"""A page of any combination of filters, at any size: never more than a few thousand rows
are looked at, whatever is common and whatever never meets.

1. The newest rows are walked in the list's own order and tested one by one, until the
   page is full or enough are walked. What is common fills the page here.
2. What is left is rare, at least lately, so the index of words and facts may be asked.
   Where it knows at most `BOUND` rows, these are all there are.
3. Else it is asked for spans of time, from where we are on: one month, two, four. A span
   with more than that is taken apart, at last into days, until the page is full.

What came late is in no index of words: those few are walked in their own order instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Organization
from conversations.models import (
    Conversation,
    ConversationQuerySet,
    SearchEntry,
    SearchJob,
)
from conversations.search import lexemes
from conversations.search.filters import Filters, narrow, narrow_by_index
from conversations.search.index_query import COMMON, OFTEN, IndexQuery
from conversations.search.late_arrivals import late_batches

# Rows walked, as far as it takes.
WALKED = 2_000
# Rows of the index that are fetched at once, in no order.
BOUND = 1_000
BITMAP_MEMORY = "32MB"
# What the worker has not indexed yet is looked at row by row, the latest of it.
NOT_INDEXED = 500

Bounds = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class Span:
    """A month or a day in UTC: from `since`, before `until`."""

    fact: str
    since: datetime
    until: datetime
    is_month: bool


class Search:
    """The conversations of an organization that fit, as rows of pages.

    whole: with all of a row and where its recording stands, not only what the list
    shows of it.
    """

    def __init__(
        self, organization: Organization, filters: Filters, *, whole: bool = False
    ) -> None:
        self.organization = organization
        self.filters = filters
        self.words = filters.words_query(organization)
        everything = Conversation.objects.in_organization(organization)
        self.fitting = narrow(
            everything.with_recording() if whole else everything.for_list(),
            filters,
            organization=organization,
        )

    def next_older(self, than: Bounds | None, count: int) -> list[Conversation]:
        return self._next(than, count, newest_first=True)

    def next_newer(self, than: Bounds, count: int) -> list[Conversation]:
        return self._next(than, count, newest_first=False)

    def _next(
        self, than: Bounds | None, count: int, *, newest_first: bool
    ) -> list[Conversation]:
        if self.words is None:
            return []
        rows = from_here(self.fitting, than, newest_first)
        if self.filters.are_direct:
            return list(rows[:count])
        hunt = PageSearch(
            self.organization,
            self.filters,
            self.words,
            rows,
            than,
            count,
            newest_first,
        )
        return hunt.run()


@contextmanager
def room_for_bitmaps() -> Iterator[None]:
    """All rows of a common beginning are gathered in memory. With Postgres's usual 4 MB
    only their pages are kept, and every row on those is read to look again."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('work_mem', %s, true)", [BITMAP_MEMORY])
        yield


def from_here(
    rows: ConversationQuerySet, than: Bounds | None, newest_first: bool
) -> ConversationQuerySet:
    if than:
        rows = rows.older_than(*than) if newest_first else rows.newer_than(*than)
    return rows.newest_first() if newest_first else rows.oldest_first()


@dataclass(frozen=True)
class PageSearch:
    """One search for the next rows in one direction. fitting: all of them, in order."""

    organization: Organization
    filters: Filters
    words: lexemes.WordsQuery
    fitting: ConversationQuerySet
    than: Bounds | None
    count: int
    newest_first: bool

    def run(self) -> list[Conversation]:
        if self.filters.came_late:
            return self._late()
        rows = list(self._walk(self.fitting)[: self.count])
        if len(rows) == self.count or self.edge is None:
            return rows
        with room_for_bitmaps():
            return self._by_index(found=len(rows))

    def _late(self) -> list[Conversation]:
        batches = late_batches(
            self.organization,
            since=self.filters.since,
            until=self.filters.until,
            start=self.than[0] if self.than else None,
            newest_first=self.newest_first,
            size=BOUND if self.filters.narrows_late else self.count,
        )
        rows: list[Conversation] = []
        for ids in batches:
            rows += self.fitting.filter(id__in=ids)[: self.count - len(rows)]
            if len(rows) == self.count:
                break
        return rows

    def _walk(self, rows: ConversationQuerySet) -> ConversationQuerySet:
        if self.edge is None:
            return rows
        if self.newest_first:
            return rows.filter(created_at__gte=self.edge)
        return rows.filter(created_at__lte=self.edge)

    @cached_property
    def edge(self) -> datetime | None:
        """The last moment of the walk; none where it comes to the end of the list."""
        moments = self.all_rows.values_list("created_at", flat=True)
        return next(iter(moments[WALKED - 1 : WALKED]), None)

    def _by_index(self, found: int) -> list[Conversation]:
        question = self._question()
        query = question.shortened()
        # With more among so few rows, all together are surely over the bound.
        if found < OFTEN:
            known = self._known(query)
            is_cut = len(known) > BOUND and query != question.everything
            if is_cut and _few_have(known, question.everything):
                query = question.everything
                known = self._known(query)
            if len(known) <= BOUND:
                return self._check(known, self.fitting)
        return self._span_by_span(query, self._months(), self.count)

    def _question(self) -> IndexQuery:
        facts = lexemes.facts_query(self.organization.id, self.filters.facts())
        return IndexQuery(self.words, facts, self._walk(self.all_rows))

    @cached_property
    def all_rows(self) -> ConversationQuerySet:
        """From where we are on, those that fit and others, as the indexes of the list
        have them."""
        rows = Conversation.objects.in_organization(self.organization)
        rows = narrow_by_index(rows, self.filters)
        return from_here(rows, self.than, self.newest_first)

    def _known(self, query: str, facts: Sequence[str] = ()) -> list[UUID]:
        """Return what the index has, with one of the facts where some are named, cut
        above the bound."""
        if facts:
            any_fact = lexemes.any_fact_query(self.organization.id, facts)
            query = lexemes.together([query, any_fact])
        found = SearchEntry.objects.filter(words__have=query)
        return list(found.values_list("conversation_id", flat=True)[: BOUND + 1])

    def _check(
        self, known: Sequence[UUID], fitting: ConversationQuerySet
    ) -> list[Conversation]:
        """Those that really fit: the index may be a second behind. What it does not
        know yet is looked at as well."""
        ids = {*known, *self.not_indexed}
        return list(fitting.filter(id__in=ids)[: self.count]) if ids else []

    @cached_property
    def not_indexed(self) -> list[UUID]:
        latest = SearchJob.objects.filter(
            organization_id=self.organization.id
        ).order_by("-id")[:NOT_INDEXED]
        return list(latest.values_list("conversation_id", flat=True))

    def _span_by_span(
        self, query: str, spans: Sequence[Span], count: int
    ) -> list[Conversation]:
        rows: list[Conversation] = []
        start, size = 0, 1
        while start < len(spans) and len(rows) < count:
            group = spans[start : start + size]
            rows += self._group(query, group, count - len(rows))
            start, size = start + size, size * 2
        return rows[:count]

    def _group(
        self, query: str, group: Sequence[Span], count: int
    ) -> list[Conversation]:
        known = self._known(query, [span.fact for span in group])
        inside = self.fitting.filter(
            created_at__gte=min(span.since for span in group),
            created_at__lt=max(span.until for span in group),
        )
        if len(known) <= BOUND:
            return self._check(known, inside)
        if len(group) > 1:
            return self._span_by_span(query, group, count)
        if group[0].is_month:
            return self._span_by_span(query, self._ordered(days(group[0])), count)
        # A day so full of them that its rows can be walked.
        return list(inside[:count])

    def _months(self) -> list[Span]:
        """From where we are to where the organization's conversations end."""
        moments = self.all_rows.values_list("created_at", flat=True)
        first, last = moments.first(), moments.reverse().first()
        if first is None or last is None:
            return []
        return self._ordered(months(min(first, last), max(first, last)))

    def _ordered(self, spans: list[Span]) -> list[Span]:
        return spans[::-1] if self.newest_first else spans


def _few_have(known: Sequence[UUID], query: str) -> bool:
    """Whether it takes far more than these to fill a page: those that were walked may
    have told nothing of what is rare among them."""
    having = SearchEntry.objects.filter(conversation__in=known, words__tested_for=query)
    return having.count() < COMMON * len(known)


def months(first: datetime, last: datetime) -> list[Span]:
    """Return the months from that of `first` to that of `last`, oldest first."""
    midnight = first.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = midnight.replace(day=1)
    spans = []
    while since <= last:
        until = (since + timedelta(days=31)).replace(day=1)
        spans.append(Span(lexemes.month_fact(since), since, until, is_month=True))
        since = until
    return spans


def days(month: Span) -> list[Span]:
    count = (month.until - month.since).days
    starts = [month.since + timedelta(days=number) for number in range(count)]
    return [
        Span(lexemes.day_fact(start), start, start + timedelta(days=1), is_month=False)
        for start in starts
    ]
