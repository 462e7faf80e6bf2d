"""Values that were seen in an organization's conversations, for filters to suggest: no
list of them is ever made from the conversations themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db import connection

from accounts.models import Organization
from conversations.models import SeenValue

# Of each kind and organization; senders may make up any number of them.
KEPT = 300
LONGEST = 255
METADATA_KEYS_OF_A_CALL = 50


class Seen:
    """What a batch of conversations had."""

    def __init__(self) -> None:
        self._latest: dict[tuple[UUID, str, str], datetime] = {}

    def note(
        self, organization_id: UUID, at: datetime, **values: Iterable[str]
    ) -> None:
        for kind, some in values.items():
            for value in islice(some, METADATA_KEYS_OF_A_CALL):
                if value and len(value) <= LONGEST:
                    key = organization_id, kind, value
                    self._latest[key] = max(at, self._latest.get(key, at))

    def write(self) -> None:
        """Kept to the hour, so that busy values are not written all the time."""
        if not self._latest:
            return
        organizations, kinds, values = zip(*self._latest, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(
                _WRITE,
                [
                    list(organizations),
                    list(kinds),
                    list(values),
                    list(self._latest.values()),
                ],
            )
            fresh = {row[:2] for row in cursor.fetchall() if row[2]}
            for organization_id, kind in fresh:
                cursor.execute(_FORGET, [organization_id, kind, KEPT])


_WRITE = """
    INSERT INTO conversations_seenvalue AS known
        (id, organization_id, kind, value, last_seen_at)
    SELECT gen_random_uuid(), organization_id, kind, value, at
    FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::timestamptz[])
        AS seen (organization_id, kind, value, at)
    ON CONFLICT (organization_id, kind, value)
    DO UPDATE SET last_seen_at = excluded.last_seen_at
    WHERE known.last_seen_at < excluded.last_seen_at - interval '1 hour'
    RETURNING organization_id, kind, xmax = 0
"""
_FORGET = """
    DELETE FROM conversations_seenvalue WHERE id IN (
        SELECT id FROM conversations_seenvalue
        WHERE organization_id = %s AND kind = %s
        ORDER BY last_seen_at DESC OFFSET %s)
"""


def seen_values(organization: Organization, kind: SeenValue.Kind) -> list[str]:
    """Those seen lately, in order of their names."""
    newest = SeenValue.objects.filter(organization=organization, kind=kind)
    return sorted(
        newest.order_by("-last_seen_at").values_list("value", flat=True)[:KEPT]
    )
