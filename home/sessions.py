"""What LiveKit tells of sessions: which run, and how many did not arrive lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection

from accounts.models import Organization
from conversations.days import midnight
from integrations.expected_sessions.rows import SessionRow
from integrations.models import ExpectedSession, LiveKitProject

DAYS = 7  # today among them
MAX_RUNNING_SHOWN = 5
# No more than these are counted: pages say "over".
MAX_COUNTED = 1000

# Each count ends at its bound, in an index of the state that it is about.
_COUNTS = f"""
    SELECT
        EXISTS (SELECT FROM {LiveKitProject._meta.db_table}
            WHERE organization_id = %(organization)s AND removed_at IS NULL),
        (SELECT count(*) FROM (SELECT FROM {ExpectedSession._meta.db_table}
            WHERE organization_id = %(organization)s AND state = 'running'
            LIMIT %(most)s) AS found),
        (SELECT count(*) FROM (SELECT FROM {ExpectedSession._meta.db_table}
            WHERE organization_id = %(organization)s AND state = 'missing'
                AND expected_at >= %(today)s LIMIT %(most)s) AS found),
        (SELECT count(*) FROM (SELECT FROM {ExpectedSession._meta.db_table}
            WHERE organization_id = %(organization)s AND state = 'missing'
                AND expected_at >= %(week)s LIMIT %(most)s) AS found),
        (SELECT count(*) FROM (SELECT FROM {ExpectedSession._meta.db_table}
            WHERE organization_id = %(organization)s AND state = 'refused'
                AND expected_at >= %(today)s LIMIT %(most)s) AS found),
        (SELECT count(*) FROM (SELECT FROM {ExpectedSession._meta.db_table}
            WHERE organization_id = %(organization)s AND state = 'refused'
                AND expected_at >= %(week)s LIMIT %(most)s) AS found)
"""  # noqa: S608 - ours


@dataclass(frozen=True, slots=True)
class Count:
    """How many, as far as they were counted."""

    number: int = 0

    def __bool__(self) -> bool:
        return bool(self.number)

    @property
    def shown(self) -> int:
        return min(self.number, MAX_COUNTED)

    @property
    def is_more(self) -> bool:
        return self.number > MAX_COUNTED


@dataclass(frozen=True, slots=True)
class SessionsNow:
    """The sessions that LiveKit tells of.

    is_told: a project is watched, or was and there is something to show.
    live: the newest of those that run. today, first_day: by the organization's clock.
    """

    is_told: bool
    today: date
    first_day: date
    running: Count = field(default_factory=Count)
    missing_today: Count = field(default_factory=Count)
    missing: Count = field(default_factory=Count)
    refused_today: Count = field(default_factory=Count)
    refused: Count = field(default_factory=Count)
    live: Sequence[SessionRow] = ()


def sessions_now(organization: Organization, now: datetime) -> SessionsNow:
    """Return what is known of sessions at this moment."""
    today = now.astimezone(organization.zone).date()
    first_day = today - timedelta(days=DAYS - 1)
    values: dict[str, UUID | datetime | int] = {
        "organization": organization.pk,
        "today": midnight(today, organization.zone),
        "week": midnight(first_day, organization.zone),
        "most": MAX_COUNTED + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, values)
        is_watched, *numbers = cursor.fetchone()
    counts = [Count(number) for number in numbers]
    running, missing_today, missing, refused_today, refused = counts
    return SessionsNow(
        is_told=is_watched or any(counts),
        today=today,
        first_day=first_day,
        running=running,
        missing_today=missing_today,
        missing=missing,
        refused_today=refused_today,
        refused=refused,
        live=_live(organization, now) if running else [],
    )


def _live(organization: Organization, now: datetime) -> list[SessionRow]:
    running = ExpectedSession.objects.in_organization(organization).filter(
        state=ExpectedSession.State.RUNNING
    )
    newest = running.newest_first().select_related("agent").defer("agent__description")
    return [SessionRow(one, now) for one in newest[:MAX_RUNNING_SHOWN]]
