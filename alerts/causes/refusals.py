"""Refusals in the log: who posted, with which key, and why it was refused.

Nothing of a body is read, and no sentence that may quote one: of a field that does not fit
only its place in the schema.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from accounts.models import ApiKey

RECENT = timedelta(hours=1)
# Rows of the newest refusals of all organizations that are looked at.
MAX_ROWS = 50_000
# Refused, but the sender tries them again by itself.
TRIED_AGAIN = (408, 429, 503)
# What is refused is the key, whatever is posted with it.
OF_KEYS = (401, 403)
MAX_NAMED = 3
_INDEX = re.compile(r"\[\d+\]")
# Below these are names that the sender chose.
_FREE = re.compile(r"((?:^|\.)metadata)\..*")
_PLAIN = re.compile(r"[A-Za-z_][\w.\[\]]{0,79}")


@dataclass(frozen=True, slots=True)
class Refusals:
    """Refusals of one key for one reason, of one sender.

    reference: of the agent as the posts name it; empty where they name none.
    path: of the first field that does not fit; empty where it is something else.
    first_at, last_at: when the first and the last of them came.
    """

    organization_id: UUID
    provider: str
    reference: str
    key_id: UUID
    status: int
    path: str
    count: int
    first_at: datetime
    last_at: datetime

    @property
    def is_of_key(self) -> bool:
        return self.status in OF_KEYS


class Since(NamedTuple):
    """Whose refusals are read, and since when."""

    organization_id: UUID
    provider: str
    reference: str
    key_id: UUID | None
    since: datetime


def recent_refusals(now: datetime) -> list[Refusals]:
    """Return what was refused in the last hour, of all organizations."""
    with connection.cursor() as cursor:
        cursor.execute(
            _RECENT,
            {"since": now - RECENT, "most": MAX_ROWS, "again": list(TRIED_AGAIN)},
        )
        return [Refusals(*row) for row in cursor.fetchall()]


def refusals_since(asked: Sequence[Since]) -> list[tuple[int, Refusals]]:
    """Return what was refused of each sender since a moment, with its place in `asked`.

    Of each the newest 1,000 rows at most are read.
    """
    if not asked:
        return []
    columns = [list(column) for column in zip(*asked, strict=True)]
    names = ("organizations", "providers", "references", "keys", "since")
    with connection.cursor() as cursor:
        cursor.execute(
            _SINCE,
            dict(zip(names, columns, strict=True)) | {"again": list(TRIED_AGAIN)},
        )
        return [(row[0] - 1, Refusals(*row[1:])) for row in cursor.fetchall()]


def as_facts(
    refusals: Iterable[Refusals], keys: dict[UUID, ApiKey]
) -> list[dict[str, Any]]:
    """Return them as facts have them, the most frequent first, at most `MAX_NAMED`."""
    together: dict[tuple[UUID, int, str], list[Refusals]] = defaultdict(list)
    for one in refusals:
        together[one.key_id, one.status, field_of(one.path)].append(one)
    found = [
        {
            "status": status,
            "field": field,
            "count": sum(one.count for one in some),
            "since": min(one.first_at for one in some).isoformat(),
            **key_facts(keys.get(key_id)),
        }
        for (key_id, status, field), some in together.items()
    ]
    found.sort(key=lambda each: -int(each["count"]))
    return found[:MAX_NAMED]


def key_facts(key: ApiKey | None) -> dict[str, Any]:
    """Return a key's name, and how it ended where it has."""
    if key is None:
        return {}
    facts: dict[str, Any] = {"key": key.name}
    if key.revoked_at:
        facts |= {"key_state": "revoked", "key_at": key.revoked_at.isoformat()}
        if key.revoked_by:
            facts["key_by"] = key.revoked_by.display_name
    elif key.expires_at and key.state() == "expired":
        facts |= {"key_state": "expired", "key_at": key.expires_at.isoformat()}
    return facts


def field_of(path: str) -> str:
    """Return the place of a field in the schema: no index, no name of a sender's own."""
    place = _FREE.sub(r"\1", _INDEX.sub("[]", path))
    return place if _PLAIN.fullmatch(place) else ""


_COLUMNS = """organization_id, provider, agent_reference, key_id, status, path,
    sum(count)::integer, min(received_at), max(last_at)"""
_ROW = """organization_id, provider, agent_reference, key_id, status,
    CASE WHEN status = 422 THEN coalesce(errors #>> '{0,path}', '') ELSE '' END AS path,
    count, received_at, greatest(received_at, last_received_at) AS last_at"""
# By the age of refusals.
_RECENT = f"""
    SELECT {_COLUMNS} FROM (
        SELECT {_ROW} FROM integrations_delivery
        WHERE outcome = 'rejected' AND received_at > %(since)s
            AND key_id IS NOT NULL AND status <> ALL(%(again)s)
        ORDER BY received_at DESC LIMIT %(most)s
    ) AS recent
    GROUP BY organization_id, provider, agent_reference, key_id, status, path
"""  # noqa: S608 - the columns are ours
# By the refusals of an agent.
_SINCE = f"""
    SELECT place, {_COLUMNS} FROM (
        SELECT requested.place, refused.* FROM unnest(%(organizations)s::uuid[],
            %(providers)s::text[], %(references)s::text[], %(keys)s::uuid[],
            %(since)s::timestamptz[])
            WITH ORDINALITY AS requested (organization, provider_asked, reference, key,
                since, place)
        CROSS JOIN LATERAL (
            SELECT {_ROW} FROM integrations_delivery
            WHERE organization_id = requested.organization
                AND provider = requested.provider_asked
                AND agent_reference = requested.reference
                AND outcome IN ('rejected', 'failed') AND outcome = 'rejected'
                AND key_id IS NOT NULL
                AND (requested.key IS NULL OR key_id = requested.key)
                AND status <> ALL(%(again)s)
            ORDER BY sequence DESC LIMIT 1000
        ) AS refused
        WHERE refused.last_at > requested.since
    ) AS read
    GROUP BY place, organization_id, provider, agent_reference, key_id, status, path
"""  # noqa: S608 - the columns are ours
