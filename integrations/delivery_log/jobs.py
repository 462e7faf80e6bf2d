"""Recording the outcome of deliveries that were claimed.

What is written of a try names it: of one whose lease ran out, and that somebody else
tries by now, nothing is written.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db import connection
from django.db.models import Value
from django.db.models.functions import Concat, Now, Trim

from conversations.projection.erased_calls import erased_among
from conversations.projection.fold import Remark
from conversations.projection.logged_update import CallKey
from conversations.projection.result import ProjectionResult
from conversations.recordings import received
from integrations.delivery_log.claims import MAX_WAIT_SECONDS, Claimed
from integrations.models import Connection, Delivery
from integrations.models.delivery import DeliveryQuerySet
from integrations.operations import counters
from integrations.providers.livekit.upload import audio_file_in

logger = logging.getLogger(__name__)

ERASED = "This call was erased."
MAX_ATTEMPTS = 5
FIRST_WAIT_SECONDS = 2  # doubles with each attempt


def gave_up(claimed: Claimed) -> bool:
    """Return whether a delivery was tried too often; then record it as failed.

    Its worker died each time, or it would have failed before.
    """
    if claimed.attempts <= MAX_ATTEMPTS:
        return False
    _give_up(claimed, "Its worker was interrupted each time; it was given up.")
    return True


def record_failure(claimed: Claimed, *, reason: str) -> None:
    """Have a delivery wait for its next try, or after the last record it as failed.

    reason: a sentence, for people.
    """
    rows = Delivery.objects.filter(sequence=claimed.sequence)
    calls = rows.values_list("organization_id", "provider", "external_id")
    if erased_among(list(calls)):
        mark_erased([claimed.sequence])
        return
    if claimed.attempts >= MAX_ATTEMPTS:
        _give_up(claimed, reason)
        return
    seconds = FIRST_WAIT_SECONDS * 2 ** (claimed.attempts - 1)
    wait = timedelta(seconds=min(seconds, MAX_WAIT_SECONDS))
    _held(claimed).update(
        lease_until=None, next_try_at=Now() + Value(wait), last_error=reason
    )


def end_replay(claimed: Claimed, *, reason: str = "") -> None:
    """Record that the call of a processed delivery was folded again, or why not.

    reason: a sentence, for people; empty where it was.
    """
    _held(claimed).update(lease_until=None, next_try_at=None, last_error=reason)


def _held(claimed: Claimed) -> DeliveryQuerySet:
    """Return the row as a query, empty where this worker no longer holds it."""
    return Delivery.objects.filter(
        sequence=claimed.sequence, attempts=claimed.attempts, outcome=claimed.outcome
    )


def _give_up(claimed: Claimed, reason: str) -> None:
    if claimed.is_replay:
        end_replay(claimed, reason=reason)
        return
    # A replay's reason, which names the refused delivery, stays in front.
    failed = _held(claimed).update(
        outcome=Delivery.Outcome.FAILED,
        reason=Trim(Concat("reason", Value(" "), Value(reason))),
        last_error=reason,
        lease_until=None,
        next_try_at=None,
        processed_at=Now(),
    )
    # Nothing where somebody else has ended it meanwhile.
    counters.add(counters.FAILED, failed)


def mark_erased(sequences: Sequence[int]) -> None:
    """Record deliveries of erased calls as ignored, and drop their bodies."""
    if not sequences:
        return
    waiting = Delivery.objects.waiting().filter(sequence__in=sequences)
    sessions = waiting.filter(source=Delivery.Source.LIVEKIT_SESSION)
    for body in sessions.values_list("body", flat=True):
        if file := audio_file_in(bytes(body or b"")):
            received.let_go(received.received_address(file))
    waiting.update(
        outcome=Delivery.Outcome.IGNORED,
        # A replay's reason, which names the refused delivery, stays in front.
        reason=Trim(Concat("reason", Value(f" {ERASED}"))),
        body=None,
        errors=[],
        warnings=[],
        last_error="",
        lease_until=None,
        next_try_at=None,
        processed_at=Now(),
    )


def mark_processed(
    delivered: Sequence[tuple[int, CallKey]],
    stored: Mapping[CallKey, ProjectionResult],
) -> list[float]:
    """Record deliveries as processed, in the transaction that stored their
    conversations, and note first sessions of providers.

    delivered: the sequence and the call of each.

    Return the seconds between arrival and now of each that was still waiting.
    """
    warnings = [stored[call].warnings.get(sequence, []) for sequence, call in delivered]
    with connection.cursor() as cursor:
        cursor.execute(
            _MARK,
            [
                [sequence for sequence, _ in delivered],
                [stored[call].conversation.id for _, call in delivered],
                [_warnings_as_json(each) if each else "[]" for each in warnings],
            ],
        )
        took = [float(seconds) for (seconds,) in cursor.fetchall()]
    Connection.objects.bulk_create(
        [
            Connection(
                organization_id=key.organization_id,
                provider=key.provider,
                first_session_at=one.conversation.created_at,
            )
            for key, one in stored.items()
            if one.is_new and not one.conversation.is_test
        ],
        ignore_conflicts=True,
    )
    return took


def _warnings_as_json(remarks: Sequence[Remark]) -> str:
    return json.dumps([{"path": path, "detail": detail} for path, detail in remarks])


_MARK = """
    UPDATE integrations_delivery AS delivery
    SET outcome = 'processed', processed_at = statement_timestamp(),
        conversation_id = done.conversation_id, lease_until = NULL, next_try_at = NULL,
        warnings = delivery.warnings || (
            -- Processed again, it adds no warning twice.
            SELECT coalesce(jsonb_agg(warning ORDER BY place), '[]')
            FROM jsonb_array_elements(done.warnings)
                WITH ORDINALITY AS new (warning, place)
            WHERE NOT delivery.warnings @> jsonb_build_array(warning))
    FROM unnest(%s::bigint[], %s::uuid[], %s::jsonb[])
        AS done (sequence, conversation_id, warnings)
    WHERE delivery.sequence = done.sequence AND delivery.outcome = 'accepted'
    RETURNING extract(epoch FROM statement_timestamp() - delivery.received_at)
"""
