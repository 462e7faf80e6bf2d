"""What a list of conversations can be narrowed to, and what each filter means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import F, Func, TextField, Value

from accounts.models import Organization
from conversations.models import ConversationQuerySet
from conversations.search import lexemes
from conversations.search.late_arrivals import came_late
from conversations.verdicts import judged_by


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader asked for; all of it must fit.

    reference: words of the reference or of the customer's name or number, the last one
        also as a prefix. reference_id: the reference itself.
    tag, judge, verdict: of what the agent's code reported; the verdict is of that judge
        where one is named.
    metadata: keys with the text of their values.
    came_late: only what had been called missing before it came.
    since, until: ingestion, from the first and before the second.
    text: words of the turns, the reference, the name or the number, likewise.
    """

    agent: UUID | None = None
    provider: str = ""
    reference: str = ""
    reference_id: str = ""
    ended_reason: str = ""
    version: str = ""
    outcome: str = ""
    tag: str = ""
    judge: str = ""
    verdict: str = ""
    has_transcript: bool | None = None
    has_audio: bool | None = None
    is_test: bool | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    came_late: bool = False
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""

    def __bool__(self) -> bool:
        return self != Filters()

    @property
    def has_words(self) -> bool:
        return bool(self.text or self.reference)

    @property
    def are_direct(self) -> bool:
        """Whether the list's own indexes give a page of it without searching: they know
        the reference itself, and the agent or the provider, but not both."""
        if self.reference_id:
            return True
        searched = replace(self, agent=None, provider="", since=None, until=None)
        return not searched and not (self.agent and self.provider)

    @property
    def narrows_late(self) -> bool:
        """Whether more is asked for than what came late, and when."""
        return bool(replace(self, came_late=False, since=None, until=None))

    def words_query(self, organization: Organization) -> lexemes.WordsQuery | None:
        """None where there are words to look for, and not one that can be found."""
        asked = [
            (self.text, lexemes.SAID + lexemes.REFERENCE),
            (self.reference, lexemes.REFERENCE),
        ]
        queries = [
            lexemes.words_query(organization.id, words, kinds)
            for words, kinds in asked
            if words
        ]
        if not all(query.begun for query in queries):
            return None
        return lexemes.WordsQuery(
            lexemes.together(query.whole for query in queries),
            tuple(begun for query in queries for begun in query.begun),
        )

    def facts(self) -> Iterator[str]:
        """Yield the lexemes of all filters but words, times and lateness."""
        if self.agent:
            yield lexemes.agent_fact(self.agent)
        if self.provider:
            yield lexemes.provider_fact(self.provider)
        if self.ended_reason:
            yield lexemes.ended_fact(self.ended_reason)
        if self.version:
            yield lexemes.version_fact(self.version)
        if self.outcome:
            yield lexemes.outcome_fact(self.outcome)
        if self.has_transcript is not None:
            yield lexemes.transcript_fact(self.has_transcript)
        if self.has_audio is not None:
            yield lexemes.audio_fact(self.has_audio)
        yield from self._judged_facts()
        for key, value in self.metadata:
            yield lexemes.metadata_fact(key, value)

    def _judged_facts(self) -> Iterator[str]:
        if self.tag:
            yield lexemes.tag_fact(self.tag)
        if self.judge or self.verdict:
            yield lexemes.judged_fact(self.judge, self.verdict)
        if self.is_test is not None:
            yield lexemes.test_fact(self.is_test)


def narrow(
    queryset: ConversationQuerySet, filters: Filters, *, organization: Organization
) -> ConversationQuerySet:
    """Exactly the conversations that fit, for a queryset of this organization. Slow
    over many rows: `search` finds a page of them fast."""
    queryset = narrow_by_facts(narrow_by_index(queryset, filters), filters)
    if filters.has_words:
        query = filters.words_query(organization)
        if query is None:
            return queryset.none()
        return narrow_by_words(queryset, query.everything)
    return queryset


def narrow_by_words(queryset: ConversationQuerySet, query: str) -> ConversationQuerySet:
    return queryset.filter(search_entry__words__tested_for=query)


def narrow_by_index(
    queryset: ConversationQuerySet, filters: Filters
) -> ConversationQuerySet:
    """By what the indexes of the list are sorted by."""
    if filters.agent:
        queryset = queryset.filter(agent=filters.agent)
    elif filters.provider:
        queryset = queryset.filter(provider=filters.provider)
    if filters.reference_id:
        queryset = queryset.filter(external_id=filters.reference_id)
    if filters.since:
        queryset = queryset.filter(created_at__gte=filters.since)
    if filters.until:
        queryset = queryset.filter(created_at__lt=filters.until)
    return queryset


def narrow_by_facts(
    queryset: ConversationQuerySet, filters: Filters
) -> ConversationQuerySet:
    """By all else that is in the row itself."""
    if filters.agent and filters.provider:
        queryset = queryset.filter(provider=filters.provider)
    if filters.ended_reason:
        queryset = queryset.filter(ended_reason=filters.ended_reason)
    if filters.version:
        queryset = queryset.filter(version=filters.version)
    if filters.has_transcript is not None:
        queryset = queryset.filter(has_transcript=filters.has_transcript)
    if filters.has_audio is not None:
        queryset = queryset.filter(has_audio=filters.has_audio)
    if filters.is_test is not None:
        queryset = queryset.filter(is_test=filters.is_test)
    queryset = _narrow_by_verdict(queryset, filters)
    if filters.came_late:
        queryset = queryset.filter(came_late())
    for number, (key, value) in enumerate(filters.metadata):
        name = f"metadata_{number}"
        queryset = queryset.alias(**{name: metadata_text(key)}).filter(**{name: value})
    return queryset


def _narrow_by_verdict(
    queryset: ConversationQuerySet, filters: Filters
) -> ConversationQuerySet:
    if filters.outcome:
        queryset = queryset.filter(outcome=filters.outcome)
    if filters.tag:
        queryset = queryset.filter(metadata__contains={"tags": [filters.tag]})
    if filters.judge or filters.verdict:
        judged = judged_by(filters.judge, filters.verdict)
        queryset = queryset.filter(metadata__contains=judged)
    return queryset


def metadata_text(key: str) -> Func:
    # Not Django's own key transform: it takes a key of digits for a place in a list.
    return Func(
        F("metadata"),
        Value(key),
        function="jsonb_extract_path_text",
        output_field=TextField(),
    )
