"""The agents of an organization by state, in one query, whatever their number.

It says what `conversations.agents.status` would of each: from what the log knows, and from
what was learnt of its week. Whether one is silent it does not say: only of whom that is to
be asked, since the time before which nobody need look is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from accounts.models import Organization
from conversations.agents.judge import DORMANT_AFTER, IDLE_AFTER
from conversations.models import Agent, ArrivalHistory, Conversation
from integrations.models import Delivery

# Rows of the log: the newest that were refused or failed, and that wait.
MAX_LOOKED_THROUGH = 2000
MAX_AGENTS = 10_000


@dataclass(frozen=True, slots=True)
class AgentState:
    """An agent that was refused, failed, or may be silent.

    trouble: `rejected` or `failed`; empty where it may be silent. was_silent: when that
    was last looked at. sequence: in the log, of the delivery that was refused or failed.
    """

    id: UUID
    name: str
    last_session_at: datetime | None
    trouble: str
    was_silent: bool
    sequence: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class States:
    """How many agents are in which state.

    maybe_silent: of these nobody need look at the others of those in service. silent: of
    them, those that were when that was last looked at. of_interest: those in trouble, then
    those that may be silent; not all of them.
    """

    of_interest: Sequence[AgentState]
    in_service: int
    resting: int
    failed: int
    refused: int
    maybe_silent: int
    silent: int
    retired: int
    sending: int


def agent_states(
    organization: Organization, now: datetime, *, troubled: int, maybe_silent: int
) -> States:
    """Return the states of agents at this moment.

    troubled, maybe_silent: so many of each are `of_interest`, at most.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _STATES,
            {
                "organization": organization.pk,
                "now": now,
                "dormant": now - DORMANT_AFTER,
                "idle": now - IDLE_AFTER,
                "most": MAX_LOOKED_THROUGH,
                "most_agents": MAX_AGENTS,
                "troubled": troubled,
                "maybe_silent": maybe_silent,
            },
        )
        rows = cursor.fetchall()
    of_interest = [AgentState(*row[8:]) for row in rows if row[8]]
    return States(of_interest, *rows[0][:8])


# Of refusals that name no agent, those of a key count for the agent that alone posts with
# it; where the key itself was refused, for each that does.
_REFUSED = f"""
    refused AS MATERIALIZED (
        SELECT provider, agent_reference, key_id, is_key,
            (array_agg(sequence ORDER BY at DESC, sequence DESC))[1] AS sequence,
            max(at) AS at
        FROM (
            SELECT provider, agent_reference, key_id, sequence, status IN (401, 403) AS is_key,
                greatest(received_at, last_received_at) AS at
            FROM {Delivery._meta.db_table}
            WHERE organization_id = %(organization)s AND outcome IN ('rejected', 'failed')
            ORDER BY sequence DESC LIMIT %(most)s
        ) AS newest
        GROUP BY provider, agent_reference, key_id, is_key
    ), waiting AS MATERIALIZED (
        SELECT DISTINCT provider, agent_reference FROM (
            SELECT provider, agent_reference FROM {Delivery._meta.db_table}
            WHERE organization_id = %(organization)s AND outcome = 'accepted'
            ORDER BY sequence DESC LIMIT %(most)s
        ) AS newest
    ), named AS MATERIALIZED (
        SELECT provider, agent_reference FROM refused WHERE agent_reference <> ''
        UNION SELECT provider, agent_reference FROM waiting WHERE agent_reference <> ''
    ), meant AS MATERIALIZED (
        SELECT named.provider, agent_reference, coalesce(merged_into_id, known.id) AS id
        FROM named JOIN {Agent._meta.db_table} AS known
            ON organization_id = %(organization)s AND known.provider = named.provider
            AND external_id = agent_reference
        UNION SELECT named.provider, agent_reference, coalesce(merged_into_id, known.id)
        FROM named JOIN {Agent._meta.db_table} AS known
            ON organization_id = %(organization)s AND known.id::text = agent_reference
    )
"""  # noqa: S608 - ours
_AGENTS = f"""
    agent AS MATERIALIZED (
        SELECT one.id, coalesce(nullif(one.name, ''), one.external_id) AS name,
            one.provider, one.retired_at, session.created_at AS last,
            session.provider AS session_provider, session.external_id AS session_reference,
            cardinality(history.rates) > 0 AS is_learnt, history.look_at,
            coalesce(history.is_silent, false) AS was_silent
        FROM {Agent._meta.db_table} AS one
        LEFT JOIN LATERAL (
            SELECT created_at, provider, external_id FROM {Conversation._meta.db_table}
            WHERE agent_id = one.id ORDER BY created_at DESC, id DESC LIMIT 1
        ) AS session ON true
        LEFT JOIN {ArrivalHistory._meta.db_table} AS history ON history.agent_id = one.id
        WHERE one.organization_id = %(organization)s AND one.merged_into_id IS NULL
        ORDER BY one.retired_at NULLS FIRST, one.created_at DESC LIMIT %(most_agents)s
    ), taken AS MATERIALIZED (
        SELECT agent.id, agent.provider, agent.last, post.key_id,
            count(*) OVER (PARTITION BY post.key_id) AS sharing
        FROM agent CROSS JOIN LATERAL (
            SELECT key_id FROM {Delivery._meta.db_table} AS delivery
            WHERE organization_id = %(organization)s
                AND delivery.provider = agent.session_provider
                AND external_id = agent.session_reference
                AND outcome = 'processed' AND key_id IS NOT NULL
            ORDER BY sequence DESC LIMIT 1
        ) AS post
        WHERE EXISTS (SELECT FROM refused
            WHERE key_id IS NOT NULL AND (is_key OR agent_reference = ''))
    ), trouble AS MATERIALIZED (
        SELECT DISTINCT ON (id) id, sequence FROM (
            SELECT meant.id, sequence, at FROM refused
            JOIN meant USING (provider, agent_reference)
            UNION ALL
            SELECT taken.id, sequence, at FROM taken JOIN refused
                ON refused.key_id = taken.key_id
                AND refused.provider IN (taken.provider, '')
                AND (is_key OR (agent_reference = '' AND sharing = 1))
        ) AS each JOIN agent USING (id)
        WHERE agent.last IS NULL OR each.at > agent.last
        ORDER BY id, at DESC, sequence DESC
    ), waits AS MATERIALIZED (
        SELECT DISTINCT id FROM waiting JOIN meant USING (provider, agent_reference)
    )
"""  # noqa: S608
_STATES = f"""
    WITH {_REFUSED}, {_AGENTS}, judged AS MATERIALIZED (
        SELECT agent.id, name, last, retired_at, was_silent, look_at,
            delivery.outcome AS trouble, delivery.sequence, delivery.reason,
            waits.id IS NULL AND coalesce(is_learnt, false) AND last >= %(dormant)s
                AND (was_silent OR look_at IS NULL OR look_at <= %(now)s) AS may_be,
            waits.id IS NULL AND (last IS NULL OR last <= %(dormant)s
                OR (NOT coalesce(is_learnt, false) AND last <= %(idle)s)) AS rests
        FROM agent LEFT JOIN waits USING (id) LEFT JOIN trouble USING (id)
        LEFT JOIN {Delivery._meta.db_table} AS delivery
            ON delivery.sequence = trouble.sequence
    ), total AS (
        SELECT
            count(*) FILTER (WHERE retired_at IS NULL) AS in_service,
            count(*) FILTER (WHERE retired_at IS NULL AND trouble IS NULL AND rests),
            count(*) FILTER (WHERE retired_at IS NULL AND trouble = 'failed'),
            count(*) FILTER (WHERE retired_at IS NULL AND trouble = 'rejected'),
            count(*) FILTER (WHERE retired_at IS NULL AND trouble IS NULL AND may_be),
            count(*) FILTER (WHERE retired_at IS NULL AND trouble IS NULL AND may_be
                AND was_silent),
            count(*) FILTER (WHERE retired_at IS NOT NULL),
            count(*) FILTER (WHERE last > retired_at)
        FROM judged
    ), found AS (
        (SELECT 0 AS place, * FROM judged
            WHERE retired_at IS NULL AND trouble IS NOT NULL
            ORDER BY trouble, last DESC NULLS LAST, id LIMIT %(troubled)s)
        UNION ALL
        (SELECT 1, * FROM judged WHERE retired_at IS NULL AND trouble IS NULL AND may_be
            ORDER BY was_silent DESC, look_at NULLS FIRST, id LIMIT %(maybe_silent)s)
    )
    SELECT total.*, found.id, found.name, found.last, coalesce(found.trouble, ''),
        found.was_silent, found.sequence, coalesce(found.reason, '')
    FROM total LEFT JOIN found ON true ORDER BY place, found.trouble, last DESC, found.id
"""  # noqa: S608
