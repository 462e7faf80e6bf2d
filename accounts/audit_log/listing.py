"""A page of the audit log, narrowed to a person or an action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from accounts.audit_log.forms import PROGRAMS, AuditForm
from accounts.models import AuditEntry, AuditEntryQuerySet, Organization
from web import paging
from web.paging import IdPosition, Keyset, Page

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """person: an id, `PROGRAMS`, or empty. What cannot be read is left out."""

    person: str = ""
    action: str = ""

    def __bool__(self) -> bool:
        return bool(self.person or self.action)

    def query(self) -> str:
        """Return these filters as the query of an address."""
        return urlencode([*AuditForm.written(self)])

    def narrow(self, entries: AuditEntryQuerySet) -> AuditEntryQuerySet:
        if self.person == PROGRAMS:
            entries = entries.filter(by=None, key__isnull=False)
        elif self.person:
            entries = entries.filter(by=UUID(self.person))
        if self.action:
            entries = entries.filter(action=self.action)
        return entries


@dataclass(frozen=True, slots=True)
class EntryRows:
    """Entries as rows of pages, with who made each."""

    entries: AuditEntryQuerySet

    def next_older(self, than: IdPosition | None, count: int) -> list[AuditEntry]:
        """Return up to `count` entries behind a position, newest first."""
        older = self.entries.older_than(than.id) if than else self.entries
        return list(older.listed()[:count])

    def next_newer(self, than: IdPosition, count: int) -> list[AuditEntry]:
        """Return up to `count` entries in front of a position, oldest first."""
        newer = self.entries.newer_than(than.id)
        return list(newer.listed().order_by("id")[:count])


def read_filters(parameters: Mapping[str, str]) -> AuditFilters:
    """Return what an address asks for; what cannot be read is left out."""
    values, _ = AuditForm.read(parameters)
    return AuditFilters(**values)


def read_page(
    organization: Organization, filters: AuditFilters, parameters: Mapping[str, str]
) -> Page[AuditEntry, IdPosition]:
    """Return the page that `before` or `after` in the address names; else the newest."""
    entries = filters.narrow(AuditEntry.objects.in_organization(organization))
    source = Keyset(EntryRows(entries), IdPosition.of, IdPosition.from_cursor)
    return paging.read_page(source, parameters, PAGE_SIZE)
