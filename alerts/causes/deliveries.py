"""Deliveries that failed or wait, and a queue that is too long.

**Failed** opens with the first delivery of a day of which no conversation could be made,
though it was taken; one whose call became one meanwhile, by a later delivery or a replay,
is none. It is over once none of the last 24 hours is left.

**Waiting** opens for an organization of which the oldest delivery has waited for fifteen
minutes, and is over once none has waited for five. **Queue too long** is the same of what
no worker has touched yet, for all of Zelto: five minutes, and one. The organization to
which issues of Zelto itself belong is told of the queue alone.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from alerts.causes import senders
from alerts.causes.look import Look
from alerts.causes.of_zelto import first_organization
from alerts.causes.senders import Reference
from alerts.issues.finding import Finding
from alerts.models import Issue, IssueKind

FAILED_FOR = timedelta(hours=24)
MAX_FAILED = 5_000
MAX_NAMES = 5
WAITING = IssueKind.DELIVERIES_WAITING
QUEUE = IssueKind.QUEUE_LONG
# From when on it is opened, and from when on it stays open.
WAITS = {WAITING: timedelta(minutes=15), QUEUE: timedelta(minutes=5)}
STILL_WAITS = {WAITING: timedelta(minutes=5), QUEUE: timedelta(minutes=1)}


def find_failed(now: datetime) -> Look:
    """Return the organizations with deliveries that failed."""
    with connection.cursor() as cursor:
        cursor.execute(_FAILED, {"since": now - FAILED_FOR, "most": MAX_FAILED})
        rows = cursor.fetchall()
    named = senders.agents_named({Reference(*row[:3]) for row in rows if row[2]})
    agents = senders.agents_by_id(set(named.values()))
    by_organization = defaultdict(list)
    for organization_id, provider, reference, at in rows:
        agent = agents.get(named.get(Reference(organization_id, provider, reference)))  # type: ignore[arg-type]
        by_organization[organization_id].append((at, agent))
    return Look(
        [
            Finding(
                organization_id=organization_id,
                kind=IssueKind.DELIVERIES_FAILED,
                cause="",
                since=min(at for at, _ in some),
                count=len(some),
                facts={
                    "agents": sorted({one.display_name for _, one in some if one})[
                        :MAX_NAMES
                    ]
                },
            )
            for organization_id, some in by_organization.items()
        ]
    )


def find_waiting(now: datetime) -> Look:
    """Return the organizations whose deliveries wait, and whether the queue is long."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST)
        rows: list[tuple[UUID, datetime | None, datetime | None]] = cursor.fetchall()
    issues = Issue.objects.open().filter(kind__in=[WAITING, QUEUE])
    is_open = set(issues.values_list("organization", "kind")) if rows else set()
    first = first_organization() if rows else None
    findings = []

    def look(kind: IssueKind, organization_id: UUID, oldest: datetime) -> bool:
        waits = STILL_WAITS if (organization_id, kind) in is_open else WAITS
        if now - oldest < waits[kind]:
            return False
        facts = {"oldest": oldest.isoformat()}
        findings.append(Finding(organization_id, kind, "", oldest, facts=facts))
        return True

    new = min((untouched for _, untouched, _ in rows if untouched), default=None)
    is_long = bool(first and new and look(QUEUE, first, new))
    for organization_id, untouched, tried in rows:
        oldest = min(each for each in (untouched, tried) if each)
        if not (is_long and organization_id == first):
            look(WAITING, organization_id, oldest)
    return Look(findings)


# By the age of what failed.
_FAILED = """
    SELECT organization_id, provider, agent_reference, received_at
    FROM integrations_delivery AS failed
    WHERE outcome = 'failed' AND received_at > %(since)s AND NOT EXISTS (
        SELECT FROM integrations_delivery AS later
        WHERE later.organization_id = failed.organization_id
            AND later.provider = failed.provider
            AND later.external_id = failed.external_id
            AND later.sequence > failed.sequence AND later.outcome = 'processed')
    ORDER BY received_at DESC LIMIT %(most)s
"""
# Of each organization the first of what no worker has touched, and of what one has.
_OLDEST = """
    SELECT organization.id, untouched.received_at, tried.received_at
    FROM accounts_organization AS organization
    LEFT JOIN LATERAL (
        SELECT received_at FROM integrations_delivery
        WHERE organization_id = organization.id AND outcome = 'accepted'
            AND size <= 131072 AND attempts = 0 AND next_try_at IS NULL
        ORDER BY sequence LIMIT 1
    ) AS untouched ON true
    LEFT JOIN LATERAL (
        SELECT received_at FROM integrations_delivery
        WHERE organization_id = organization.id AND outcome = 'accepted'
            AND (attempts > 0 OR next_try_at IS NOT NULL OR size > 131072)
        -- Not by the index of all that waits, which may be long.
        ORDER BY sequence + 0 LIMIT 1
    ) AS tried ON true
    WHERE untouched.received_at IS NOT NULL OR tried.received_at IS NOT NULL
"""
