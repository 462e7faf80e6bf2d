"""The round of judging: only those are looked at whose time has come.

Of each agent is kept before when nobody need look. A round reads those that are due, and
their newest sessions; most have one since, so their time moves on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from conversations.agents.delivery_status import delivery_status_of
from conversations.agents.judge import DORMANT_AFTER, Judge
from conversations.agents.states import Judgement
from conversations.arrivals import silence
from conversations.arrivals.absences import absences_since
from conversations.arrivals.learning import usual_of
from conversations.arrivals.newest_sessions import Arrivals, newest_sessions
from conversations.models import ArrivalHistory

# One that is silent is looked at again after a tenth of its silence, within these.
MIN_LOOK_AGAIN = timedelta(minutes=5)
MAX_LOOK_AGAIN = timedelta(hours=6)
# What waits in the log is soon a conversation.
STORED_LOOK_AGAIN = timedelta(minutes=1)
NOT_WATCHED_LOOK_AGAIN = timedelta(days=1)


def overdue(now: datetime, limit: int) -> list[Judgement]:
    """Judge the agents whose time has come, at most so many, the longest due first; return
    the judgements of those that are silent.

    One that stays silent comes again, later each time. A retired one is never among them,
    nor one of which a session is stored and waits to be processed.
    """
    rows = list(
        ArrivalHistory.objects.filter(look_at__lte=now)
        .order_by("look_at")
        .select_related("agent", "organization")
        .defer("counts")[:limit]
    )
    if not rows:
        return []
    watched = [row for row in rows if row.agent and not row.agent.retired_at]
    newest = newest_sessions(
        [row.agent_id for row in watched if row.agent_id], silence.MAX_RECENT
    )
    closed = ArrivalHistory.objects.filter(
        agent=None, organization__in={row.organization_id for row in watched}
    ).values_list("organization", "closed_days")
    judge = Judge(now, absences_since(now - DORMANT_AFTER), dict(closed))
    found = {
        row.id: _judgement(judge, row, newest.get(row.agent_id, []))
        for row in watched
        if row.agent_id in newest
    }
    stored = _with_stored_sessions(
        [row for row in watched if row.id in found and found[row.id].is_silent]
    )
    for row in rows:
        _look_again(row, found.get(row.id), row.id in stored, now)
    _save(rows)
    return [found[row.id] for row in rows if row.is_silent and row.id in found]


def _judgement(judge: Judge, row: ArrivalHistory, newest: list[datetime]) -> Judgement:
    assert row.agent_id  # noqa: S101 - it is of an agent
    arrivals = Arrivals(0, 0, newest[-1], newest[0], newest[0])
    return judge.judgement(row.agent_id, arrivals, row, newest, row.organization.zone)


def _with_stored_sessions(rows: Sequence[ArrivalHistory]) -> set[UUID]:
    """Return those of which a session waits in the log: that is no silence."""
    by_organization = defaultdict(list)
    for row in rows:
        by_organization[row.organization_id].append(row)
    found = set()
    for own in by_organization.values():
        status = delivery_status_of([row.agent for row in own if row.agent])
        stored = {agent_id for agent_id, one in status.items() if one.stored_at}
        found |= {row.id for row in own if row.agent_id in stored}
    return found


def _look_again(
    row: ArrivalHistory, judgement: Judgement | None, is_stored: bool, now: datetime
) -> None:
    """Set when a row is looked at next."""
    row.is_silent = bool(judgement and judgement.is_silent and not is_stored)
    row.silent_at = judgement.silent_at if judgement else None
    usual = usual_of(row)
    if judgement is None or usual is None:
        row.look_at = now + NOT_WATCHED_LOOK_AGAIN
    elif is_stored:
        row.look_at = now + STORED_LOOK_AGAIN
    elif judgement.silent_at and judgement.silent_at <= now:
        assert judgement.silent_since  # noqa: S101 - it was judged by its last session
        again = (now - judgement.silent_since) / 10
        row.look_at = now + min(max(again, MIN_LOOK_AGAIN), MAX_LOOK_AGAIN)
    else:
        next_one = silence.soonest(usual, now, row.organization.zone)
        row.look_at = min(next_one, judgement.silent_at or next_one)


_SAVE = """
    UPDATE conversations_arrivalhistory AS history
    SET look_at = looked.look_at, silent_at = looked.silent_at, is_silent = looked.is_silent
    FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::boolean[])
        AS looked (id, look_at, silent_at, is_silent)
    WHERE history.id = looked.id
"""


def _save(rows: Sequence[ArrivalHistory]) -> None:
    columns = zip(
        *((row.id, row.look_at, row.silent_at, row.is_silent) for row in rows),
        strict=True,
    )
    with connection.cursor() as cursor:
        cursor.execute(_SAVE, [list(column) for column in columns])
