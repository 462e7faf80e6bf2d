"""A page of the audit log, narrowed to a person or an action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from accounts.models import AuditAction, AuditEntry, AuditEntryQuerySet, Organization

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


@dataclass(frozen=True, slots=True)
class AuditPage:
    """newer, older: the entries to go on from; None where the log ends."""

    rows: list[AuditEntry]
    newer: UUID | None
    older: UUID | None


def read_filters(parameters: Mapping[str, str]) -> AuditFilters:
    person, action = parameters.get("person", ""), parameters.get("action", "")
    person_id = _id(person)
    return AuditFilters(
        person=str(person_id) if person_id else person if person == PROGRAMS else "",
        action=action if action in AuditAction.values else "",
    )


def read_page(
    organization: Organization, filters: AuditFilters, parameters: Mapping[str, str]
) -> AuditPage:
    """The page that `before` or `after` in the address names; else the newest."""
    entries = filters.narrow(AuditEntry.objects.in_organization(organization))
    if after := _id(parameters.get("after", "")):
        newer = entries.newer_than(after).select_related("by", "key").order_by("id")
        rows = list(newer[: PAGE_SIZE + 1])
        if len(rows) > PAGE_SIZE:
            rows = rows[:PAGE_SIZE][::-1]
            return AuditPage(rows, rows[0].id, rows[-1].id)
    before = _id(parameters.get("before", ""))
    older = entries.older_than(before) if before else entries
    rows = list(older.listed()[: PAGE_SIZE + 1])
    rows, more = rows[:PAGE_SIZE], len(rows) > PAGE_SIZE
    return AuditPage(
        rows,
        newer=(rows[0].id if rows else before) if before else None,
        older=rows[-1].id if more else None,
    )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
