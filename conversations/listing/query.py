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
from conversations.days import midnight, read_day
from conversations.listing.columns import read_columns, write_columns
from conversations.models import Conversation, Provider
from conversations.search.filters import Filters
from conversations.search.page_search import Search
from web import paging
from web.paging import Keyset, Page, Position

ConversationPage = Page[Conversation, Position]

PAGE_SIZE = 50
MAX_TEXT_CHARACTERS = 255
MAX_METADATA_FILTERS = 10
METADATA = "metadata."
YES_OR_NO = {"true": True, "false": False}


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
    has_transcript: bool | None = None
    has_audio: bool | None = None
    metadata: tuple[tuple[str, str], ...] = ()
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
        for name, parameter in PARAMETERS.items():
            value = getattr(self, name)
            if isinstance(value, bool):
                yield parameter, str(value).lower()
            elif value:
                yield parameter, str(value)
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
        """The same filters, in whatever order, and the same columns, if it names any."""
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
            has_transcript=self.has_transcript,
            has_audio=self.has_audio,
            metadata=self.metadata,
            since=midnight(self.first_day, zone) if self.first_day else None,
            until=midnight(next_day, zone) if next_day else None,
            text=self.text,
        )


# In the order of the form.
PARAMETERS = {
    "text": "q",
    **{
        name: name
        for name in (
            *("agent", "provider", "reference", "ended_reason", "version"),
            *("has_transcript", "has_audio"),
        )
    },
    "first_day": "from",
    "last_day": "to",
}


def read_list_query(parameters: Mapping[str, str]) -> ListQuery:
    faults: list[str] = []
    asked = ListQuery(
        text=_text(parameters.get("q", "")),
        agent=_agent(parameters.get("agent", ""), faults),
        provider=_provider(parameters.get("provider", ""), faults),
        reference=_text(parameters.get("reference", "")),
        ended_reason=_text(parameters.get("ended_reason", "")),
        version=_text(parameters.get("version", "")),
        has_transcript=YES_OR_NO.get(parameters.get("has_transcript", "")),
        has_audio=YES_OR_NO.get(parameters.get("has_audio", "")),
        metadata=_metadata(parameters, faults),
        first_day=read_day(parameters.get("from", ""), "From", faults),
        last_day=read_day(parameters.get("to", ""), "To", faults),
        columns=read_columns(parameters.get("columns", ""), faults),
        view=_view(parameters.get("view", "")),
    )
    if asked.first_day and asked.last_day and asked.first_day > asked.last_day:
        faults.append("From is after To, so nothing can match. Swap the two dates.")
    return replace(asked, faults=tuple(faults))


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


def _text(text: str) -> str:
    # Postgres has no NUL and no halves of letters; nothing that is stored has them.
    text = text.replace("\x00", "").encode("utf-8", "ignore").decode()
    return text.strip()[:MAX_TEXT_CHARACTERS]


def _agent(text: str, faults: list[str]) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        faults.append("The agent in the address is not an id, so it is left out.")
        return None


def _view(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        # Only a mark: the address has the filters itself.
        return None


def _provider(text: str, faults: list[str]) -> str:
    if text and text not in Provider.values:
        faults.append(
            f"There is no provider “{text[:40]}”, so it is left out. "
            f"Choose one of {', '.join(Provider.values)}."
        )
        return ""
    return text


def _metadata(
    parameters: Mapping[str, str], faults: list[str]
) -> tuple[tuple[str, str], ...]:
    """Those in the address, and what the form adds: a key and its value."""
    found = {
        _text(name.removeprefix(METADATA)): _text(value)
        for name, value in parameters.items()
        if name.startswith(METADATA)
    }
    key = _text(parameters.get("metadata_key", ""))
    value = _text(parameters.get("metadata_value", ""))
    if key and value:
        found[key] = value
    elif key or value:
        faults.append("A metadata filter takes a key and a value; one is missing.")
    return tuple((key, value) for key, value in found.items() if key and value)[
        :MAX_METADATA_FILTERS
    ]
