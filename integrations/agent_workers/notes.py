"""Noting which hosts forward, once their deliveries are processed: no post waits for it."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import connection, transaction

# Of a key; pods have a new name each time, and whoever has a key may make names up.
MAX_HOSTS_OF_KEY = 500

# Of each host the newest of these deliveries. In one order, so that two at once do not
# wait for each other in a circle.
_NOTE = """
    INSERT INTO integrations_agentworker AS row (organization_id, key_id, provider,
        agent_reference, host, user_agent, first_at, last_at, waiting, refused)
    SELECT DISTINCT ON (key_id, provider, agent_reference, worker_host)
        organization_id, key_id, provider, agent_reference, worker_host, user_agent,
        received_at, received_at, outbox_waiting, outbox_refused
    FROM integrations_delivery
    WHERE sequence = ANY(%s) AND key_id IS NOT NULL AND worker_host IS NOT NULL
    ORDER BY key_id, provider, agent_reference, worker_host, sequence DESC
    ON CONFLICT (key_id, provider, agent_reference, host) DO UPDATE
    SET user_agent = excluded.user_agent, last_at = excluded.last_at,
        waiting = excluded.waiting, refused = excluded.refused
    WHERE row.last_at < excluded.last_at AND (
        row.last_at < excluded.last_at - interval '1 minute'
        OR (row.user_agent, row.waiting, row.refused)
            IS DISTINCT FROM (excluded.user_agent, excluded.waiting, excluded.refused))
    RETURNING key_id, xmax = 0
"""
_TRIM = """
    DELETE FROM integrations_agentworker WHERE id IN (
        SELECT id FROM (
            SELECT id, row_number() OVER (
                PARTITION BY key_id ORDER BY last_at DESC, id DESC) AS place
            FROM integrations_agentworker WHERE key_id = ANY(%s)) AS own
        WHERE place > %s)
"""


def note_workers(sequences: Collection[int]) -> None:
    """Note the hosts that sent these deliveries; of a key the latest `MAX_HOSTS_OF_KEY`
    are kept.

    sequences: of deliveries that were taken and that say something of their worker.
    """
    if not sequences:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_NOTE, [sorted(sequences)])
        new: set[UUID] = {key_id for key_id, is_new in cursor.fetchall() if is_new}
        if new:
            cursor.execute(_TRIM, [list(new), MAX_HOSTS_OF_KEY])
