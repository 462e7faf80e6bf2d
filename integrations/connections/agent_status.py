"""Whether one agent's sessions arrive: healthy, nothing recent, last delivery failed or
refused. Read from the rows at the moment of asking."""

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
    usual: what is usual around this hour of the week; None for a newcomer.
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
        """Whether what is usual around this hour alone shows that something is off."""
        gap = self.usual.gap if self.usual else None
        return bool(gap and self.silent_for and self.silent_for >= 3 * gap)

    @property
    def a_week_before(self) -> int | None:
        """Sessions a week in the weeks before the silence, where it is so long that
        hours do not matter."""
        rhythm = self.rhythm
        if rhythm.by_hour or rhythm.expected is None or not self.silent_for:
            return None
        return round(rhythm.expected * (WEEK / self.silent_for))

    @property
    def is_long_as_usual(self) -> bool:
        """Whether it is silent for long, and was so at these hours in earlier weeks: a
        night, a weekend."""
        return (
            self.state is AgentState.HEALTHY
            and self.stored_at is None
            and self.rhythm.by_hour
            and self.rhythm.expected is not None
            and self.rhythm.expected < 1
        )


def agent_connection(agent: Agent, now: datetime) -> AgentConnection:
    zone = agent.organization.zone
    rhythm = arrival_rates([agent], now, zone)[agent.id]
    last = (
        Conversation.objects.filter(agent=agent)
        .newest_first()
        .only("created_at", "organization_id", "provider", "external_id")
        .first()
    )
    news = agent_delivery_status([agent]).get(agent.id, NO_DELIVERIES)
    if news.trouble:
        state = AgentState.FAILING
    elif news.stored_at:
        state = AgentState.HEALTHY
    elif last is None:
        state = AgentState.NEW
    elif rhythm.state is State.ACTIVE:
        state = AgentState.HEALTHY
    else:
        state = AgentState.RETIRED if agent.retired_at else AgentState.SILENT
    return AgentConnection(
        state=state,
        last_session=last,
        stored_at=news.stored_at,
        silent_for=now - last.created_at if last else None,
        rhythm=rhythm,
        usual=usual_hour(agent, rhythm, now, zone),
        refusals=(
            _refusals(agent, news.trouble, news.stored_at) if news.trouble else None
        ),
    )


def _refusals(
    agent: Agent, trouble: FailedDelivery, stored_at: datetime | None
) -> RecentFailures:
    """Those like the newest one, since something was last taken."""
    newest = Delivery.objects.without_bodies().get(sequence=trouble.sequence)
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
    # Another request may have taken it out of the log meanwhile.
    return found or RecentFailures(newest, newest.count, there_are_more=False)
