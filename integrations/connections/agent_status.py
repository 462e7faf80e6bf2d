"""Whether one agent's sessions arrive: healthy, nothing recent, last delivery failed or
refused. Read from the rows at each request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from django.db.models.enums import TextChoices

from conversations.agents.delivery_status import NO_DELIVERIES, FailedDelivery
from conversations.agents.judgement import Judgement, State, judge_agents
from conversations.models import Agent, Conversation
from integrations.connections.agent_delivery_status import (
    Reference,
    agent_delivery_status,
    last_taken,
    references_of,
)
from integrations.connections.recent_failures import RecentFailures, refusals_since
from integrations.models import Delivery


class AgentState(TextChoices):
    """The states of an agent's connection, with the words of its page."""

    HEALTHY = "healthy", "Healthy"
    SILENT = "silent", "Nothing recent"
    FAILING = "failing", "Last delivery not taken"
    RETIRED = "retired", "Retired"
    NEW = "new", "No sessions"


# From here on hours do not matter: no night and no weekend is that long.
LONG_SILENCE = timedelta(weeks=1)
# A shorter silence needs no explanation.
MIN_SILENCE_TO_EXPLAIN = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class UsualHour:
    """What is usual at one hour of the week.

    hour: in the organization's time zone, a whole one. gap: between two sessions; None
    where they are rare. weeks: from how many it is known.
    """

    hour: datetime
    gap: timedelta | None
    weeks: int

    @property
    def weekday(self) -> str:
        return f"{self.hour:%A}"

    @property
    def clock(self) -> str:
        return f"{self.hour:%H:%M}"


@dataclass(frozen=True, slots=True)
class AgentConnection:
    """The connection of one agent.

    last_session: its newest conversation, tests included.
    stored_at: when the newest delivery arrived that is stored and not yet processed.
    silent_for: since the last session arrived.
    rhythm: whether it is silent, and how many sessions were to be expected since.
    usual: what is usual at this hour of the week; None where too little is known.
    refusals: later than all that was taken.
    """

    state: AgentState
    last_session: Conversation | None
    stored_at: datetime | None
    silent_for: timedelta | None
    rhythm: Judgement
    usual: UsualHour | None
    refusals: RecentFailures | None

    @property
    def hour_tells(self) -> bool:
        """Return whether the silence is three times as long as the usual gap at this
        hour, or longer."""
        gap = self.usual.gap if self.usual else None
        return bool(gap and self.silent_for and self.silent_for >= 3 * gap)

    @property
    def a_week_before(self) -> int | None:
        """Return how many sessions a week arrived before the silence; None where it is
        not so long that hours do not matter."""
        if not self.silent_for or self.silent_for < LONG_SILENCE:
            return None
        a_week = self.rhythm.usual_a_week
        return None if a_week is None else round(a_week)

    @property
    def is_long_as_usual(self) -> bool:
        """Return whether a healthy agent is silent as it was at these hours in earlier
        weeks: a night, a weekend."""
        expected = self.rhythm.expected
        return bool(
            self.state is AgentState.HEALTHY
            and self.stored_at is None
            and self.silent_for
            and self.silent_for >= MIN_SILENCE_TO_EXPLAIN
            and expected is not None
            and expected < 1
        )


def agent_connection(agent: Agent, now: datetime) -> AgentConnection:
    """Return the connection of an agent at a moment.

    now: aware.
    """
    zone = agent.organization.zone
    judgement = judge_agents([agent], now, zone)[agent.id]
    last = (
        Conversation.objects.filter(agent=agent)
        .newest_first()
        .only("created_at", "organization_id", "provider", "external_id")
        .first()
    )
    deliveries = agent_delivery_status([agent]).get(agent.id, NO_DELIVERIES)
    if deliveries.trouble:
        state = AgentState.FAILING
    elif deliveries.stored_at:
        state = AgentState.HEALTHY
    elif last is None:
        state = AgentState.NEW
    elif judgement.state is State.ACTIVE:
        state = AgentState.HEALTHY
    else:
        state = AgentState.RETIRED if agent.retired_at else AgentState.SILENT
    return AgentConnection(
        state=state,
        last_session=last,
        stored_at=deliveries.stored_at,
        silent_for=now - last.created_at if last else None,
        rhythm=judgement,
        usual=_usual_hour(judgement, now, zone),
        refusals=(
            _refusals(agent, deliveries.trouble, deliveries.stored_at)
            if deliveries.trouble
            else None
        ),
    )


def _usual_hour(judgement: Judgement, now: datetime, zone: tzinfo) -> UsualHour | None:
    if judgement.usual_a_week is None or judgement.state is State.DORMANT:
        return None
    hour = now.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    weeks = max(1, round(judgement.learnt_weeks))
    return UsualHour(hour, judgement.usual_gap, weeks)


def _refusals(
    agent: Agent, failed: FailedDelivery, stored_at: datetime | None
) -> RecentFailures:
    """Return those like the newest one, since a delivery was last taken."""
    newest = Delivery.objects.without_bodies().get(sequence=failed.sequence)
    references = references_of([agent])[agent.id]
    if Reference(newest.provider, newest.agent_reference) in references:
        alike = Delivery.objects.naming(references)
    else:
        alike = Delivery.objects.filter(
            provider=newest.provider,
            agent_reference=newest.agent_reference,
            key=newest.key_id,
            status=newest.status,
        )
    own = alike.filter(organization=agent.organization_id)
    taken = last_taken([agent.id]).get(agent.id)
    moments = [moment for moment in (taken and taken.at, stored_at) if moment]
    since = max(moments, default=None)
    found = refusals_since(own, agent.organization_id, since)
    # Retention or an erasure may have removed it from the log meanwhile.
    return found or RecentFailures(newest, newest.count, there_are_more=False)
