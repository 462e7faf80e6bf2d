"""Whether a program, such as a coding agent, can read an organization."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q

from accounts.models import ApiKey, Organization


@dataclass(frozen=True, slots=True)
class ReadingAccess:
    """Who can read an organization.

    keys: how many can read now.
    last_used_at: of keys that only read; use of one with full access may have been a
    post.
    """

    keys: int
    last_used_at: datetime | None


def reading_access(organization: Organization) -> ReadingAccess:
    """Return who can read the organization now, in one query."""
    keys = ApiKey.objects.in_organization(organization).usable().may_read()
    only_reads = Q(scope=ApiKey.Scope.READ)
    return ReadingAccess(
        **keys.aggregate(
            keys=Count("pk"), last_used_at=Max("last_used_at", filter=only_reads)
        )
    )
