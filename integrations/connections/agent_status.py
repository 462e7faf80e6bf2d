"""Whether one agent's sessions arrive: healthy, nothing recent, last delivery failed or
refused. Read from the rows at each request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models.enums import TextChoices

from conversations.agents.arrival_rates import (
    ArrivalRate,
    State,
    UsualHour,
    arrival_rates,
    usual_hour,
)
from conversations.agents.delivery_status import NO_DELIVERIES, FailedDelivery
from conversations.agents.silence import WEEK
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


@dataclass(frozen=True, slots=True)
class AgentConnection:
    """The connection of one agent.

    last_session: its newest conversation, tests included.
    stored_at: when the newest delivery arrived that is stored and not yet processed.
    silent_for: since the last session arrived.
    rhythm: how often its sessions arrive, and how many were to be expected since.
    usual: what is usual around this hour of the week; None for a new agent.
    refusals: later than all that was taken.
    """

    state: AgentState
    last_session: Conversation | None
    stored_at: datetime | None
    silent_for: timedelta | None
    rhythm: ArrivalRate
    usual: UsualHour | None
    refusals: RecentFailures | None

    @property
    def hour_tells(self) -> bool:
        """Return whether the silence is three times as long as the usual gap around
        this hour, or longer."""
        gap = self.usual.gap if self.usual else None
        return bool(gap and self.silent_for and self.silent_for >= 3 * gap)

    @property
    def a_week_before(self) -> int | None:
        """Return how many sessions a week arrived before the silence; None where it is
        not so long that hours do not matter."""
        rate = self.rhythm
        if rate.by_hour or rate.expected is None or not self.silent_for:
            return None
        return round(rate.expected * (WEEK / self.silent_for))

    @property
    def is_long_as_usual(self) -> bool:
        """Return whether a healthy agent is silent as it was at these hours in earlier
        weeks: a night, a weekend."""
        return (
            self.state is AgentState.HEALTHY
            and self.stored_at is None
            and self.rhythm.by_hour
            and self.rhythm.expected is not None
            and self.rhythm.expected < 1
        )


def agent_connection(agent: Agent, now: datetime) -> AgentConnection:
    """Return the connection of an agent at a moment.

    now: aware.
    """
    zone = agent.organization.zone
    rate = arrival_rates([agent], now, zone)[agent.id]
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
    elif rate.state is State.ACTIVE:
        state = AgentState.HEALTHY
    else:
        state = AgentState.RETIRED if agent.retired_at else AgentState.SILENT
    return AgentConnection(
        state=state,
        last_session=last,
        stored_at=deliveries.stored_at,
        silent_for=now - last.created_at if last else None,
        rhythm=rate,
        usual=usual_hour(agent, rate, now, zone),
        refusals=(
            _refusals(agent, deliveries.trouble, deliveries.stored_at)
            if deliveries.trouble
            else None
        ),
    )


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
