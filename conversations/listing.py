"""What a list of conversations is narrowed to: read from the address, never fatal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta, tzinfo
from urllib.parse import urlencode
from uuid import UUID

from conversations.days import midnight, read_day
from conversations.keyset import (
    BadCursor,
    Page,
    Position,
    first_page,
    page_after,
    page_before,
)
from conversations.models import ConversationQuerySet, Provider

PAGE_SIZE = 50
LONGEST_REFERENCE = 255


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader asked for.

    reference: a part of the reference, or of the customer's name or number.
    first_day, last_day: ingestion, both inclusive, in the organization's time zone.
    faults: sentences on what could not be read and is left out.
    """

    agent: UUID | None = None
    provider: str = ""
    reference: str = ""
    first_day: date | None = None
    last_day: date | None = None
    faults: tuple[str, ...] = field(default=(), compare=False)

    def __bool__(self) -> bool:
        return self != Filters()

    def query(self) -> str:
        """These filters as the query of an address, without the question mark."""
        values = {
            "agent": self.agent,
            "provider": self.provider,
            "reference": self.reference,
            "from": self.first_day,
            "to": self.last_day,
        }
        return urlencode({name: value for name, value in values.items() if value})

    def without(self, name: str) -> Filters:
        return replace(self, **{name: getattr(Filters(), name)})

    def narrow(
        self, queryset: ConversationQuerySet, zone: tzinfo
    ) -> ConversationQuerySet:
        if self.agent:
            queryset = queryset.filter(agent=self.agent)
        if self.provider:
            queryset = queryset.filter(provider=self.provider)
        if self.reference:
            queryset = queryset.mentioning(self.reference)
        if self.first_day:
            queryset = queryset.filter(created_at__gte=midnight(self.first_day, zone))
        if self.last_day:
            next_day = self.last_day + timedelta(days=1)
            queryset = queryset.filter(created_at__lt=midnight(next_day, zone))
        return queryset


def read_filters(parameters: Mapping[str, str]) -> Filters:
    faults: list[str] = []
    filters = Filters(
        agent=_agent(parameters.get("agent", ""), faults),
        provider=_provider(parameters.get("provider", ""), faults),
        # Postgres has no NUL; nothing that is stored contains one.
        reference=parameters.get("reference", "")
        .replace("\x00", "")
        .strip()[:LONGEST_REFERENCE],
        first_day=read_day(parameters.get("from", ""), "From", faults),
        last_day=read_day(parameters.get("to", ""), "To", faults),
    )
    if filters.first_day and filters.last_day and filters.first_day > filters.last_day:
        faults.append("From is after To, so nothing can match. Swap the two dates.")
    return replace(filters, faults=tuple(faults))


def read_page(queryset: ConversationQuerySet, parameters: Mapping[str, str]) -> Page:
    """The page that `before` or `after` in the address names; else the newest."""
    try:
        if cursor := parameters.get("before"):
            return page_before(queryset, Position.from_cursor(cursor), PAGE_SIZE)
        if cursor := parameters.get("after"):
            return page_after(queryset, Position.from_cursor(cursor), PAGE_SIZE)
    except BadCursor:
        # A damaged link: its reader wanted the list, not an error.
        pass
    return first_page(queryset, PAGE_SIZE)


def _agent(text: str, faults: list[str]) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        faults.append("The agent in the address is not an id, so it is left out.")
        return None


def _provider(text: str, faults: list[str]) -> str:
    if text and text not in Provider.values:
        faults.append(
            f"There is no provider “{text[:40]}”, so it is left out. "
            f"Choose one of {', '.join(Provider.values)}."
        )
        return ""
    return text
