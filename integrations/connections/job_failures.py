"""Errors that workers logged of jobs without a session, by agent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from conversations.models import Agent
from integrations.connections.agent_delivery_status import Reference, references_of
from integrations.models import Delivery

# The newest of what made no conversation, in an organization.
MAX_READ = 200
MAX_SHOWN = 3
LATELY = timedelta(days=7)


def tells_of_a_job(ignored: Delivery) -> bool:
    """Tell whether an ignored delivery of logs says that a job failed: what shares a row
    with others is only counted, and what was processed was of an erased call.
    """
    return ignored.fold_key is None and ignored.processed_at is None


def job_failures(agent: Agent, now: datetime) -> Sequence[Delivery]:
    """Return the newest deliveries of a week that say of a job of this agent that it
    failed outside of a session, without their bodies.

    now: aware.
    """
    ignored = Delivery.objects.filter(
        organization=agent.organization_id,
        outcome=Delivery.Outcome.IGNORED,
        source=Delivery.Source.LIVEKIT_LOGS,
    )
    rows = ignored.newest_first().without_bodies()[:MAX_READ]
    references = references_of([agent])[agent.id]
    found = [
        row
        for row in rows
        if tells_of_a_job(row)
        and row.received_at > now - LATELY
        and Reference(row.provider, row.agent_reference) in references
    ]
    return found[:MAX_SHOWN]
