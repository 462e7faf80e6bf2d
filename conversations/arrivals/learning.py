"""What is usual for each agent, learnt once a day from the hours that are counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet

from conversations.arrivals import hourly_counts
from conversations.arrivals.absences import absences_since
from conversations.arrivals.past_hours import closed_days, local_hours
from conversations.arrivals.silence import Usual
from conversations.arrivals.usual_week import learn
from conversations.arrivals.week_hours import HOUR
from conversations.models import ArrivalHistory
from conversations.worker_stop import Turn, is_requested

LEARN_AGAIN = timedelta(days=1)
# That yesterday was a holiday is to be known before the day begins.
LEARN_SUMS_AGAIN = timedelta(hours=3)
# In one round; the next one follows in a minute.
ROWS_AT_ONCE = 200


def learn_arrivals(now: datetime, *, seconds: float) -> bool:
    """Count what arrived, and learn what is usual, for about so many seconds.

    Tell whether there may be more, and this process is not to end.
    """
    turn = Turn(seconds)
    there_is_more = True
    while there_is_more and not turn.is_over:
        fresh = hourly_counts.count_from_the_start(now)
        relearn(ArrivalHistory.objects.filter(id__in=fresh), now)
        added = hourly_counts.count_new_hours(now)
        due = (
            Q(learnt_at=None)
            | Q(learnt_at__lt=now - LEARN_AGAIN)
            | Q(agent=None, learnt_at__lt=now - LEARN_SUMS_AGAIN)
        )
        learnt = relearn(
            ArrivalHistory.objects.filter(due).order_by(
                F("agent").asc(nulls_first=True)
            )[:ROWS_AT_ONCE],
            now,
        )
        there_is_more = bool(fresh or added or learnt)
    return there_is_more and not is_requested()


def relearn(rows: QuerySet[ArrivalHistory], now: datetime) -> int:
    """Learn what is usual of these rows, and have them looked at next; return of how many."""
    found = list(rows.select_related("organization"))
    closed = _closed_days({row.organization_id for row in found})
    absences = absences_since(now - hourly_counts.KEPT_HOURS * HOUR)
    for row in found:
        days = closed[row.organization_id]
        zone = row.organization.zone
        set_usual(row, learn(*known_hours(row), zone, absences, days))
        row.learnt_at = now
        if row.agent_id:
            row.look_at = now
        else:
            row.closed_days = [date.fromordinal(day) for day in sorted(days)]
    fields = [*USUAL_FIELDS, "learnt_at", "look_at", "closed_days"]
    ArrivalHistory.objects.bulk_update(found, fields)
    return len(found)


def _closed_days(organizations: Collection[UUID]) -> dict[UUID, set[int]]:
    """Return the days on which each organization was closed, all of its agents together,
    and after which sessions arrived again.
    """
    sums = ArrivalHistory.objects.filter(organization__in=organizations, agent=None)
    closed: dict[UUID, set[int]] = defaultdict(set)
    for row in sums.select_related("organization"):
        counts, first_hour = known_hours(row)
        _, days = local_hours(first_hour, len(counts), row.organization.zone)
        closed[row.organization_id] = closed_days(counts, days)
    return closed


def known_hours(row: ArrivalHistory) -> tuple[list[int], datetime]:
    """Return the counts from the first hour in which a session arrived to the last one,
    and that first hour: before it nothing is known, and what is after it is judged.
    """
    counts = row.counts
    end = len(counts)
    while end and not counts[end - 1]:
        end -= 1
    begin = 0
    while begin < end and not counts[begin]:
        begin += 1
    return counts[begin:end], row.first_hour + begin * HOUR


USUAL_FIELDS = (
    "rates",
    "weeks",
    "day_shape",
    "level_count",
    "threshold",
    "overnight",
    "longest",
)


def set_usual(row: ArrivalHistory, usual: Usual | None) -> None:
    """Put what was learnt into a row, which is not saved."""
    row.rates = list(usual.rates) if usual else None
    if usual:
        row.weeks, row.day_shape = usual.weeks, usual.day_shape
        row.level_count, row.threshold = usual.level_count, usual.threshold
        row.overnight, row.longest = usual.overnight, usual.longest


def usual_of(row: ArrivalHistory) -> Usual | None:
    """Return what was learnt of a row; None where too little is known."""
    if not row.rates:
        return None
    return Usual(
        tuple(row.rates),
        row.weeks,
        row.day_shape,
        row.level_count,
        row.threshold,
        row.overnight,
        row.longest,
    )
