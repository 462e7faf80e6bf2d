"""A page of the audit log, narrowed to a person or an action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self
from urllib.parse import urlencode
from uuid import UUID

from accounts.models import AuditAction, AuditEntry, AuditEntryQuerySet, Organization
from web import paging
from web.paging import BadCursor, Keyset, Page

PAGE_SIZE = 50
# In place of a person's id: what programs did with keys.
PROGRAMS = "programs"


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """person: an id, `PROGRAMS`, or empty. What cannot be read is left out."""

    person: str = ""
    action: str = ""

    def __bool__(self) -> bool:
        return bool(self.person or self.action)

    def query(self) -> str:
        chosen = {"person": self.person, "action": self.action}
        return urlencode({name: value for name, value in chosen.items() if value})

    def narrow(self, entries: AuditEntryQuerySet) -> AuditEntryQuerySet:
        if self.person == PROGRAMS:
            entries = entries.filter(by=None, key__isnull=False)
        elif self.person:
            entries = entries.filter(by=UUID(self.person))
        if self.action:
            entries = entries.filter(action=self.action)
        return entries


class EntryPosition(NamedTuple):
    """Where an entry stands in the log: ids grow with time."""

    id: UUID

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        """Return the position of an entry."""
        return cls(entry.id)

    @classmethod
    def from_cursor(cls, cursor: str) -> Self:
        """Return the position that a cursor names.

        Raises:
            BadCursor: it is not an id.
        """
        entry_id = _id(cursor)
        if entry_id is None:
            raise BadCursor(cursor)
        return cls(entry_id)

    @property
    def cursor(self) -> str:
        """Return the entry's id."""
        return str(self.id)


@dataclass(frozen=True, slots=True)
class EntryRows:
    """Entries as rows of pages, with who made each."""

    entries: AuditEntryQuerySet

    def next_older(self, than: EntryPosition | None, count: int) -> list[AuditEntry]:
        """Return up to `count` entries behind a position, newest first."""
        older = self.entries.older_than(than.id) if than else self.entries
        return list(older.listed()[:count])

    def next_newer(self, than: EntryPosition, count: int) -> list[AuditEntry]:
        """Return up to `count` entries in front of a position, oldest first."""
        newer = self.entries.newer_than(than.id)
        return list(newer.listed().order_by("id")[:count])


def read_filters(parameters: Mapping[str, str]) -> AuditFilters:
    person, action = parameters.get("person", ""), parameters.get("action", "")
    person_id = _id(person)
    return AuditFilters(
        person=str(person_id) if person_id else person if person == PROGRAMS else "",
        action=action if action in AuditAction.values else "",
    )


def read_page(
    organization: Organization, filters: AuditFilters, parameters: Mapping[str, str]
) -> Page[AuditEntry, EntryPosition]:
    """Return the page that `before` or `after` in the address names; else the newest."""
    entries = filters.narrow(AuditEntry.objects.in_organization(organization))
    source = Keyset(EntryRows(entries), EntryPosition.of, EntryPosition.from_cursor)
    return paging.read_page(source, parameters, PAGE_SIZE)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
