"""Recordings that could not be had, by the host that should have them.

It opens with three in a row that were given up within a day, or where over 5 % of the
newest hundred were, three at least, with others between them. It is over once a later one
was stored, once none failed for half an hour where only a part did, and after 24 hours
without one. A recording counts by when its call arrived, and only once its last try failed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from django.db import connection

from alerts.causes.look import Look
from alerts.causes.losses import FORGOTTEN, Losses, is_alarming
from alerts.issues.endings import Ending
from alerts.issues.finding import Finding
from alerts.models import Issue, IssueKind
from alerts.texts.subject import moment_of
from conversations.recordings.received import is_received

MAX_FAILED = 1_000
# Of the newest recordings of an organization so many are looked at.
MAX_NEWEST = 400
MAX_REASON_CHARACTERS = 160


class _Try(NamedTuple):
    """A recording that was stored or given up. at: when its call arrived."""

    organization_id: UUID
    url: str
    is_failed: bool
    reason: str
    at: datetime


def find(now: datetime) -> Look:
    """Return the hosts whose recordings cannot be had."""
    organizations = _organizations(now)
    if not organizations:
        return Look(())
    issues = Issue.objects.open().filter(kind=IssueKind.RECORDINGS_FAILED)
    is_open = set(issues.values_list("organization", "cause"))
    tries: dict[tuple[UUID, str], list[_Try]] = defaultdict(list)
    for one in _newest(organizations, now):
        tries[one.organization_id, _host(one.url)].append(one)
    findings = []
    for place, some in tries.items():
        losses = _losses(some)
        if losses and is_alarming(losses, now, is_open=place in is_open):
            findings.append(_finding(place, some, losses))
    return Look(findings)


def _losses(tries: Sequence[_Try]) -> Losses | None:
    """Return what failed of these, which are newest first; None where nothing did."""
    failed = [one for one in tries if one.is_failed]
    if not failed:
        return None
    stored = [one.at for one in tries if not one.is_failed]
    last = max(stored, default=None)
    first, newest = failed[-1].at, failed[0].at
    return Losses(
        in_a_row=sum(last is None or one.at > last for one in failed),
        newest_at=newest,
        lost=len(failed),
        taken=len(stored),
        is_mixed=any(first < at < newest for at in stored),
    )


def _finding(place: tuple[UUID, str], tries: Sequence[_Try], losses: Losses) -> Finding:
    failed = [one for one in tries if one.is_failed]
    ((reason, _),) = Counter(one.reason for one in failed).most_common(1)
    return Finding(
        organization_id=place[0],
        kind=IssueKind.RECORDINGS_FAILED,
        cause=place[1],
        since=failed[-1].at,
        count=len(failed),
        facts={
            "host": place[1],
            "reason": reason,
            "of": len(tries),
            "newest": losses.newest_at.isoformat(),
        },
    )


def _host(url: str) -> str:
    """Return the host of an address; empty for audio that was sent here."""
    return "" if is_received(url) else (urlsplit(url).hostname or "")


def _organizations(now: datetime) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_FAILED, {"since": now - FORGOTTEN, "most": MAX_FAILED})
        return [organization_id for (organization_id,) in cursor.fetchall()]


def _newest(organizations: Sequence[UUID], now: datetime) -> list[_Try]:
    with connection.cursor() as cursor:
        cursor.execute(
            _NEWEST,
            {
                "organizations": list(organizations),
                "since": now - FORGOTTEN,
                "most": MAX_NEWEST,
            },
        )
        rows = [_Try(*row) for row in cursor.fetchall()]
    return [one._replace(reason=_short(one.reason)) for one in rows]


def _short(reason: str) -> str:
    """Return the beginning of a reason; none has an address in it."""
    first = reason.split(". ")[0].split(": ")[0].rstrip(".")
    return first[:MAX_REASON_CHARACTERS]


def endings(issues: Sequence[Issue], now: datetime) -> dict[UUID, Ending]:
    """Return those of which nothing more came for a day."""
    found = {}
    for issue in issues:
        newest = moment_of(issue.facts.get("newest"))
        if newest and now - newest > FORGOTTEN:
            found[issue.pk] = Ending(because="forgotten", at=newest)
    return found


# What failed lies in an index of its own, in the order in which calls arrived: their ids
# begin with the time.
_FAILED = """
    SELECT DISTINCT organization_id FROM (
        SELECT conversation.organization_id FROM conversations_recording AS recording
        JOIN conversations_conversation AS conversation
            ON conversation.id = recording.conversation_id
        WHERE recording.state = 'failed' AND recording.file = ''
            AND recording.conversation_id > (lpad(to_hex((extract(
                epoch FROM %(since)s::timestamptz) * 1000)::bigint), 12, '0')
                || repeat('0', 20))::uuid
            AND conversation.created_at > %(since)s
        ORDER BY recording.conversation_id DESC LIMIT %(most)s
    ) AS failed
"""
_NEWEST = """
    SELECT organization.id, newest.source_url, newest.file = '', newest.last_error,
        newest.created_at
    FROM unnest(%(organizations)s::uuid[]) AS organization (id)
    CROSS JOIN LATERAL (
        SELECT recording.source_url, recording.file, recording.last_error,
            recording.state, recent.created_at
        FROM (
            SELECT id, created_at FROM conversations_conversation
            WHERE organization_id = organization.id AND created_at > %(since)s
            ORDER BY created_at DESC, id DESC LIMIT %(most)s
        ) AS recent
        JOIN conversations_recording AS recording ON recording.conversation_id = recent.id
        WHERE recording.file <> '' OR recording.state = 'failed'
    ) AS newest
    ORDER BY organization.id, newest.created_at DESC
"""
