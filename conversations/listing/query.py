"""What the list of conversations is asked for: read from the page's address, which is
never fatal, and written back into links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta, tzinfo
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from accounts.models import Organization
from conversations.days import midnight
from conversations.listing.columns import METADATA, write_columns
from conversations.listing.forms import LATE, ConversationListForm
from conversations.models import Conversation
from conversations.search.filters import Filters
from conversations.search.page_search import Search
from web import paging
from web.paging import Keyset, Page, Position

ConversationPage = Page[Conversation, Position]

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What the reader asked for; see `Filters` for what it means.

    first_day, last_day: ingestion, both inclusive, in the organization's time zone.
    faults: sentences on what could not be read and is left out.
    columns: None where the address leaves them to what the reader last chose.
    view: the saved one that this was opened as, and perhaps changed since.
    """

    text: str = ""
    agent: UUID | None = None
    provider: str = ""
    reference: str = ""
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
    arrival: str = ""
    first_day: date | None = None
    last_day: date | None = None
    faults: tuple[str, ...] = field(default=(), compare=False)
    columns: tuple[str, ...] | None = field(default=None, compare=False)
    view: UUID | None = field(default=None, compare=False)

    def __bool__(self) -> bool:
        return self != ListQuery()

    def query(self) -> str:
        """As the query of an address, without the question mark."""
        return urlencode([*self.pairs()], safe=",")

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield parameters and texts, in the order of the form."""
        yield from ConversationListForm.written(replace(self, view=None))
        for key, value in self.metadata:
            yield METADATA + key, value
        if self.columns is not None:
            yield "columns", self.written_columns
        if self.view:
            yield "view", str(self.view)

    @property
    def written_columns(self) -> str:
        return "" if self.columns is None else write_columns(self.columns)

    def cleared(self) -> ListQuery:
        return ListQuery(columns=self.columns)

    def is_like(self, other: ListQuery) -> bool:
        """Tell whether both have the same filters, and the same columns if it names any."""
        mine, others = (
            replace(one, metadata=tuple(sorted(one.metadata))) for one in (self, other)
        )
        return mine == others and self.columns in (None, other.columns)

    def without(self, name: str) -> ListQuery:
        if name.startswith(METADATA):
            kept = [one for one in self.metadata if METADATA + one[0] != name]
            return replace(self, metadata=tuple(kept))
        nothing: Any = {name: getattr(ListQuery(), name)}
        return replace(self, **nothing)

    def filters(self, zone: tzinfo) -> Filters:
        next_day = self.last_day + timedelta(days=1) if self.last_day else None
        return Filters(
            agent=self.agent,
            provider=self.provider,
            reference=self.reference,
            ended_reason=self.ended_reason,
            version=self.version,
            outcome=self.outcome,
            tag=self.tag,
            judge=self.judge,
            verdict=self.verdict,
            has_transcript=self.has_transcript,
            has_audio=self.has_audio,
            is_test=self.is_test,
            metadata=self.metadata,
            came_late=self.arrival == LATE,
            since=midnight(self.first_day, zone) if self.first_day else None,
            until=midnight(next_day, zone) if next_day else None,
            text=self.text,
        )


def read_list_query(parameters: Mapping[str, str]) -> ListQuery:
    """Return what an address asks for; what cannot be read is left out, with a fault."""
    values, faults = ConversationListForm.read(parameters)
    return ListQuery(**values, faults=tuple(faults))


def read_page(
    organization: Organization, asked: ListQuery, parameters: Mapping[str, str]
) -> ConversationPage:
    """Return the page that `before` or `after` in the address names; else the newest."""
    search = Search(organization, asked.filters(organization.zone))
    source: Keyset[Conversation, Position] = Keyset(
        search, Position.of, Position.from_cursor
    )
    return paging.read_page(source, parameters, PAGE_SIZE)


def rows_with_reference(
    organization: Organization, asked: ListQuery
) -> list[Conversation]:
    """Those whose reference is exactly what was typed, for the top of the first page."""
    if not asked.reference:
        return []
    filters = replace(
        asked.filters(organization.zone), reference="", reference_id=asked.reference
    )
    return Search(organization, filters).next_older(None, PAGE_SIZE)
