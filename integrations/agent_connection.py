"""Whether one agent's sessions arrive: healthy, nothing recent, last delivery failed or
refused. Read from the rows at the moment of asking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models.enums import TextChoices

from conversations import silence
from conversations.models import Agent, Conversation
from conversations.rhythm import Arrivals, find_quiet, read_arrivals
from conversations.silence import Usual
from integrations.models import Delivery
from integrations.refusals import Refusals, refusals_since


class AgentState(TextChoices):
    HEALTHY = "healthy", "Healthy"
    SILENT = "silent", "Nothing recent"
    FAILING = "failing", "Last delivery not taken"
    NEW = "new", "No session yet"


@dataclass(frozen=True, slots=True)
class AgentConnection:
    """The connection of one agent.

    last_session: its newest conversation, tests included.
    stored_at: when the newest delivery arrived that is stored and not yet processed.
    silent_for: since the last session arrived.
    usual: how far apart its sessions usually are; None before the first.
    refusals: later than all that was taken.
    """

    state: AgentState
    last_session: Conversation | None
    stored_at: datetime | None
    silent_for: timedelta | None
    usual: Usual | None
    refusals: Refusals | None

    @property
    def is_quiet_as_usual(self) -> bool:
        """Whether the silence is long, but was so at these hours in earlier weeks."""
        return (
            self.state is AgentState.HEALTHY
            and self.stored_at is None
            and self.silent_for is not None
            and self.usual is not None
            and self.silent_for > self.usual.patience
        )


def agent_connection(agent: Agent, now: datetime) -> AgentConnection:
    arrivals = read_arrivals([agent.id], now)[agent.id]
    usual = silence.usual(arrivals.newest) if arrivals.newest else None
    last = (
        Conversation.objects.filter(agent=agent)
        .newest_first()
        .only("created_at", "organization_id", "provider", "external_id")
        .first()
    )
    key_id, taken_at = _last_taken(last) if last else (None, None)
    own = Delivery.objects.about_agent(agent, posted_with=key_id)
    stored_at = own.newest_waiting()
    since = max(filter(None, [stored_at, taken_at]), default=None)
    refusals = refusals_since(own, agent.organization_id, since)
    if refusals:
        state = AgentState.FAILING
    elif stored_at:
        state = AgentState.HEALTHY
    elif last is None or usual is None:
        state = AgentState.NEW
    elif _is_silent(agent, arrivals, usual, now):
        state = AgentState.SILENT
    else:
        state = AgentState.HEALTHY
    return AgentConnection(
        state=state,
        last_session=last,
        stored_at=stored_at,
        silent_for=now - last.created_at if last else None,
        usual=usual,
        refusals=refusals,
    )


def _is_silent(agent: Agent, arrivals: Arrivals, usual: Usual, now: datetime) -> bool:
    if now - arrivals.newest[0] <= usual.patience:
        return False
    return agent.id in find_quiet([agent], {agent.id: arrivals}, now)


def _last_taken(last: Conversation) -> tuple[UUID | None, datetime]:
    """The key that the last session came with, and when it last came."""
    newest = (
        Delivery.objects.of_call(last)
        .filter(outcome=Delivery.Outcome.PROCESSED, key__isnull=False)
        .newest_first()
        .values_list("key_id", "received_at")
        .first()
    )
    if newest is None:  # past the retention of the log
        return None, last.created_at
    key_id, received_at = newest
    return key_id, max(received_at, last.created_at)
