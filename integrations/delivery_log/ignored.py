"""Appending what is taken and makes no conversation."""

from __future__ import annotations

from accounts import keys
from integrations.delivery_log.append import (
    COLUMNS,
    Arrival,
    parameters_of,
)
from integrations.models import Delivery
from web.db_cursor import server_binding_cursor

_COUNT_IGNORED = f"""
    INSERT INTO integrations_delivery AS row ({COLUMNS}, source)
    VALUES (%(uuid)s, %(organization_id)s, %(key_id)s, statement_timestamp(),
        %(provider)s, %(agent_reference)s, '', 200, 'ignored',
        %(reason)s, '[]', '[]', %(count)s, 0, %(user_agent)s, %(request_id)s, NULL,
        %(fold_prefix)s || date_trunc('hour', statement_timestamp()), 0, '',
        %(source)s)
    ON CONFLICT (fold_key) WHERE fold_key IS NOT NULL
    DO UPDATE SET count = row.count + EXCLUDED.count,
        last_received_at = greatest(row.last_received_at, statement_timestamp())
"""  # noqa: S608


def count_ignored(arrival: Arrival, *, reason: str, count: int = 1) -> None:
    """Count what is taken and makes no conversation, in the row of its reason, key and
    hour, and commit. Such rows stay, so there must be few.

    reason: a sentence, one of few. count: how many, of which this arrival is the newest.
    """
    parameters = parameters_of(arrival) | {
        "organization_id": arrival.organization_id,
        "reason": reason,
        "count": count,
        "fold_prefix": f"{arrival.key_id} ignored {reason} ",
    }
    with server_binding_cursor() as cursor:
        cursor.execute(_COUNT_IGNORED, parameters)


def note_ignored(arrival: Arrival, reason: str) -> None:
    """Append a delivery that makes no conversation, with why; keys in it are masked."""
    Delivery.objects.create(
        organization_id=arrival.organization_id,
        key_id=arrival.key_id,
        provider=arrival.provider,
        agent_reference=arrival.agent_reference,
        external_id=arrival.external_id,
        status=200,
        outcome=Delivery.Outcome.IGNORED,
        reason=keys.without_keys(reason),
        source=arrival.source,
        size=arrival.size,
        body=arrival.body,
        user_agent=arrival.user_agent,
        request_id=arrival.request_id,
    )
