"""API keys and upload tokens, which are keys too: such as expire soon, and such as stopped
being used.

**Expires** opens fourteen days before, for a key that was used in the last thirty; where a
newer key of the same name is there, so it was rolled, a day before and only while it is
still used. It is over once the key expires, is revoked, or expires later.

**Unused** opens for a key that was used on ten days at least of the four weeks before, was
not for twice as long as ever in those weeks, three days at least, while other keys of the
organization were. It is over once it is used again or revoked, or after four weeks more.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from accounts.models import ApiKey
from alerts.causes.look import Look
from alerts.issues.endings import Ending
from alerts.issues.finding import Finding
from alerts.models import Issue, IssueKind, KeyDay
from integrations.models import AgentWorker

DAY = timedelta(days=1)
EXPIRES_WITHIN = timedelta(days=14)
ROLLED_EXPIRES_WITHIN = DAY
USED_WITHIN = timedelta(days=30)
# Used daily: on so many days of so many.
MIN_DAYS, WINDOW_DAYS = 10, 28
MIN_UNUSED_DAYS = 3
TIMES_THE_LONGEST = 2
KEPT = timedelta(days=2 * WINDOW_DAYS)
MAX_HOSTS = 5


def find_expiring(now: datetime) -> Look:
    """Return the keys that expire soon and are in use."""
    newer = ApiKey.objects.filter(
        organization=OuterRef("organization"),
        name=OuterRef("name"),
        created_at__gt=OuterRef("created_at"),
        revoked_at=None,
    )
    soon = ApiKey.objects.filter(
        revoked_at=None, expires_at__gt=now, expires_at__lte=now + EXPIRES_WITHIN
    )
    used = soon.filter(last_used_at__gt=now - USED_WITHIN)
    rolled = set(used.filter(Exists(newer)).values_list("pk", flat=True))
    keys = [key for key in used if key.pk not in rolled or _is_left_behind(key, now)]
    hosts = _hosts_of([key.pk for key in keys])
    return Look([_expiring(key, hosts.get(key.pk, {}), now) for key in keys])


def _is_left_behind(key: ApiKey, now: datetime) -> bool:
    assert key.expires_at and key.last_used_at  # noqa: S101 - it was asked for
    ends_soon = key.expires_at <= now + ROLLED_EXPIRES_WITHIN
    return ends_soon and now - key.last_used_at < DAY


def _expiring(key: ApiKey, hosts: Mapping[str, Any], now: datetime) -> Finding:
    assert key.expires_at and key.last_used_at  # noqa: S101 - it was asked for
    return Finding(
        organization_id=key.organization_id,
        kind=IssueKind.KEY_EXPIRES,
        cause=str(key.pk),
        since=now,
        key_id=key.pk,
        facts={
            "key": key.name,
            "expires_at": key.expires_at.isoformat(),
            # The day alone, or it would be written each time.
            "used_at": key.last_used_at.replace(
                minute=0, second=0, microsecond=0
            ).isoformat(),
            **hosts,
        },
    )


def find_unused(now: datetime) -> Look:
    """Note which keys were used today, and return those that stopped being used."""
    _note_days(now)
    used: dict[UUID, list[date]] = defaultdict(list)
    for key_id, day in KeyDay.objects.order_by("day").values_list("key", "day"):
        used[key_id].append(day)
    keys = ApiKey.objects.filter(pk__in=list(used), revoked_at=None)
    active = keys.filter(
        Q(expires_at=None) | Q(expires_at__gt=now), last_used_at__lt=now - DAY
    )
    others = _newest_use([key.organization_id for key in active])
    findings = []
    for key in active:
        at = key.last_used_at
        goes_on = at and others[key.organization_id] > at + DAY
        if (
            at
            and goes_on
            and (days := days_of_use(used[key.pk], at.date(), now.date()))
        ):
            findings.append(_unused(key, at, days))
    hosts = _hosts_of([one.key_id for one in findings if one.key_id])
    for one in findings:
        one.facts.update(hosts.get(one.key_id, {}) if one.key_id else {})
    return Look(findings)


def days_of_use(days: Sequence[date], last: date, today: date) -> int:
    """Return on how many of the days before the last one a key was used, where it was used
    daily and stopped; 0 otherwise.

    days: on which it was used, in order.
    """
    known = [day for day in days if last - timedelta(WINDOW_DAYS) < day <= last]
    if len(known) < MIN_DAYS:
        return 0
    gaps = [later - day for day, later in itertools.pairwise(known)]
    longest = max(gap.days for gap in gaps)
    unused = (today - last).days
    least = max(MIN_UNUSED_DAYS, TIMES_THE_LONGEST * longest)
    return len(known) if least <= unused <= WINDOW_DAYS + least else 0


def _unused(key: ApiKey, at: datetime, days: int) -> Finding:
    return Finding(
        organization_id=key.organization_id,
        kind=IssueKind.KEY_UNUSED,
        cause=str(key.pk),
        since=at,
        key_id=key.pk,
        facts={"key": key.name, "days": days},
    )


def _newest_use(organizations: Collection[UUID]) -> dict[UUID, datetime]:
    """Return when any key of each organization was used last."""
    if not organizations:
        return {}
    keys = ApiKey.objects.filter(organization__in=set(organizations))
    used = keys.order_by("last_used_at").values_list("organization", "last_used_at")
    return {organization_id: at for organization_id, at in used if at}


def _hosts_of(keys: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return the hosts that forward with each key, the latest first, as facts have them."""
    hosts: dict[UUID, dict[str, dict[str, Any]]] = defaultdict(dict)
    workers = AgentWorker.objects.filter(key__in=list(keys)) if keys else ()
    for one in sorted(workers, key=lambda each: each.last_at, reverse=True):
        at = one.last_at.replace(minute=0, second=0, microsecond=0).isoformat()
        host = {"host": one.host, "at": at, "waiting": one.waiting}
        hosts[one.key_id].setdefault(one.host, host)
    return {
        key_id: {"hosts": list(some.values())[:MAX_HOSTS], "host_count": len(some)}
        for key_id, some in hosts.items()
    }


def _note_days(now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {"since": now - DAY})
    KeyDay.objects.filter(day__lt=(now - KEPT).date()).delete()


def endings(issues: Sequence[Issue], now: datetime) -> dict[UUID, Ending]:
    """Return why these are over: the key is gone, revoked or has expired."""
    keys = ApiKey.objects.in_bulk([UUID(issue.cause) for issue in issues])
    found = {}
    for issue in issues:
        key = keys.get(UUID(issue.cause))
        if key is None:
            found[issue.pk] = Ending(because="deleted")
        elif key.revoked_at:
            found[issue.pk] = Ending(because="revoked", at=key.revoked_at)
        elif key.expires_at and key.expires_at <= now:
            found[issue.pk] = Ending(because="expired", at=key.expires_at)
        elif issue.kind == IssueKind.KEY_UNUSED and key.last_used_at == issue.since:
            found[issue.pk] = Ending(because="forgotten")
    return found


# The worker writes when a key was last used, at most once a minute; a look an hour sees
# each day.
_NOTE = f"""
    INSERT INTO {KeyDay._meta.db_table} (key_id, day)
    SELECT id, (last_used_at AT TIME ZONE 'UTC')::date
    FROM accounts_apikey WHERE last_used_at > %(since)s AND revoked_at IS NULL
    ON CONFLICT (key_id, day) DO NOTHING
"""  # noqa: S608
