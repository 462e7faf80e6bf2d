"""How many sessions ended and arrived: of an organization by day, and of its agents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from accounts.models import Organization
from conversations.bar_chart import Drawing, PlacedBar, place_bars, round_top
from conversations.days import midnight
from conversations.formatting import thousands, weekday_and_day
from conversations.models import Agent
from integrations.models import ExpectedSession, ExpectedSessionTally

State = ExpectedSession.State

DAYS = 7
DRAWING = Drawing(step=20, gap=6, min_height=3.0, digits=1)
# An hour counts as a whole, on the day in which it begins: where clocks are half an hour
# off, a session just before midnight may count on the next day.
_BY_DAY = f"""
    SELECT width_bucket(hour, %(midnights)s::timestamptz[]) AS day,
           agent_id, agent_name, state, sum(count)
    FROM {ExpectedSessionTally._meta.db_table}
    WHERE organization_id = %(organization)s AND hour >= %(start)s
    GROUP BY day, agent_id, agent_name, state
    HAVING sum(count) > 0
"""  # noqa: S608
_OF_AGENTS = f"""
    SELECT width_bucket(hour, %(midnights)s::timestamptz[]) AS day,
           coalesce(agent.merged_into_id, agent.id) AS kept, '', state, sum(count)
    FROM {ExpectedSessionTally._meta.db_table} AS tally
    JOIN {Agent._meta.db_table} AS agent ON agent.id = tally.agent_id
    WHERE tally.organization_id = %(organization)s AND hour >= %(start)s
        AND coalesce(agent.merged_into_id, agent.id) = ANY(%(agents)s::uuid[])
    GROUP BY day, kept, state
    HAVING sum(count) > 0
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class StateCounts:
    """How many sessions are in which state."""

    by_state: Counter[str] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return any(self.by_state.values())

    @property
    def running(self) -> int:
        return self.by_state[State.RUNNING]

    @property
    def ended(self) -> int:
        """Return how many are over, whatever became of them."""
        return sum(self.by_state.values()) - self.running

    @property
    def arrived(self) -> int:
        return self.by_state[State.ARRIVED]

    @property
    def refused(self) -> int:
        return self.by_state[State.REFUSED]

    @property
    def missing(self) -> int:
        return self.by_state[State.MISSING]

    @property
    def awaited(self) -> int:
        return self.by_state[State.AWAITED]

    @property
    def no_session(self) -> int:
        return self.by_state[State.NO_SESSION]

    @property
    def not_told(self) -> int:
        return self.by_state[State.NOT_TOLD]

    @property
    def lost(self) -> int:
        """Return how many should be here and are not."""
        return self.refused + self.missing

    @property
    def others(self) -> int:
        """Return how many are neither here nor lost."""
        return self.awaited + self.no_session + self.not_told

    @property
    def others_in_words(self) -> str:
        """Return what those are, as `3 without a session, 1 awaited`."""
        words = (
            (self.awaited, "awaited"),
            (self.no_session, "without a session"),
            (self.not_told, "not told"),
        )
        return ", ".join(f"{thousands(count)} {word}" for count, word in words if count)


@dataclass(frozen=True, slots=True)
class DayCounts:
    """The sessions of one day."""

    day: date
    counts: StateCounts


@dataclass(frozen=True, slots=True)
class Counted:
    """The sessions of today and of seven days, today among them."""

    today: StateCounts = field(default_factory=StateCounts)
    week: StateCounts = field(default_factory=StateCounts)

    def __bool__(self) -> bool:
        return bool(self.week)


@dataclass(frozen=True, slots=True)
class AgentCounts(Counted):
    """The sessions of an agent. agent: None where it is not known here.

    name: as LiveKit dispatches it, else what it is called here.
    """

    agent: Agent | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A day of the chart: what ended, and over it what is lost of that."""

    ended: PlacedBar
    lost: PlacedBar
    says: str


@dataclass(frozen=True, slots=True)
class Overview(Counted):
    """What ended lately, and what of it arrived.

    days: oldest first, today last. agents: those who lost most first.
    """

    days: Sequence[DayCounts] = ()
    agents: Sequence[AgentCounts] = ()

    @property
    def bars(self) -> list[Bar]:
        """Return the chart of the days, oldest first."""
        top = round_top(max((one.counts.ended for one in self.days), default=0))
        ended = place_bars((one.counts.ended for one in self.days), top, DRAWING)
        lost = place_bars((one.counts.lost for one in self.days), top, DRAWING)
        return [
            Bar(PlacedBar(*whole), PlacedBar(*part), _says(one))
            for one, whole, part in zip(self.days, ended, lost, strict=True)
        ]

    @property
    def width(self) -> int:
        return DRAWING.step * len(self.days)

    @property
    def bar_width(self) -> int:
        return DRAWING.step - DRAWING.gap


class _Row(NamedTuple):
    """A sum of tallies. day: 1 is the first of those asked for."""

    day: int
    agent_id: UUID | None
    agent_name: str
    state: str
    sessions: int


def overview_of(organization: Organization, now: datetime) -> Overview:
    """Return what ended today and in seven days, by day and by agent."""
    rows = _read(_BY_DAY, organization.pk, now, organization.zone)
    first = _first_day(now, organization.zone)
    days = [
        DayCounts(first + timedelta(days=number), StateCounts())
        for number in range(DAYS)
    ]
    for row in rows:
        days[row.day - 1].counts.by_state[row.state] += row.sessions
    week = StateCounts()
    for one in days:
        week.by_state.update(one.counts.by_state)
    return Overview(
        today=days[-1].counts,
        week=week,
        days=days,
        agents=_by_agent(organization, rows),
    )


def expected_counts(
    agents: Sequence[Agent], now: datetime, zone: tzinfo
) -> dict[UUID, Counted]:
    """Return the counts of those agents that have any, by their id; all of one
    organization. What is told of one that was merged into them counts as theirs.
    """
    found: dict[UUID, Counted] = {}
    ids = [agent.id for agent in agents]
    for row in _read(_OF_AGENTS, agents[0].organization_id, now, zone, agents=ids):
        if row.agent_id:
            _add(found.setdefault(row.agent_id, Counted()), row)
    return found


def _read(
    query: str,
    organization_id: UUID,
    now: datetime,
    zone: tzinfo,
    agents: Sequence[UUID] = (),
) -> list[_Row]:
    first = _first_day(now, zone)
    midnights = [
        midnight(first + timedelta(days=number), zone) for number in range(DAYS)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            query,
            {
                "organization": organization_id,
                "midnights": midnights,
                "start": midnights[0],
                "agents": list(agents),
            },
        )
        return [_Row(*row) for row in cursor.fetchall()]


def _first_day(now: datetime, zone: tzinfo) -> date:
    return now.astimezone(zone).date() - timedelta(days=DAYS - 1)


def _by_agent(organization: Organization, rows: Sequence[_Row]) -> list[AgentCounts]:
    ids = {row.agent_id for row in rows if row.agent_id}
    known = (
        Agent.objects.in_organization(organization)
        .select_related("merged_into")
        .in_bulk(ids)
    )
    found: dict[UUID | str, AgentCounts] = {}
    for row in rows:
        agent = known.get(row.agent_id) if row.agent_id else None
        agent = agent.merged_into or agent if agent else None
        name = agent.display_name if agent else row.agent_name
        key = agent.id if agent else name
        _add(found.setdefault(key, AgentCounts(agent=agent, name=name)), row)
    return sorted(
        (one for one in found.values() if one.week.ended),
        key=lambda one: (-one.week.lost, -one.week.ended, one.name.casefold()),
    )


def _add(counted: Counted, row: _Row) -> None:
    counted.week.by_state[row.state] += row.sessions
    if row.day == DAYS:
        counted.today.by_state[row.state] += row.sessions


def _says(one: DayCounts) -> str:
    counts = one.counts
    said = [f"{thousands(counts.ended)} ended", f"{thousands(counts.arrived)} arrived"]
    if counts.refused:
        said.append(f"{thousands(counts.refused)} refused")
    if counts.missing:
        said.append(f"{thousands(counts.missing)} missing")
    return f"{weekday_and_day(one.day)}: {', '.join(said)}"
