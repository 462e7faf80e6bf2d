"""The delivery as a job: claiming it, and recording its outcome.

A lease or a wait that no clock of ours could have written counts as over: the clock
was set back, and nothing may wait until it catches up.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Value
from django.db.models.functions import Concat, Now, Trim

from conversations.projection.erased_calls import erased_among
from conversations.projection.logged_update import CallKey, LoggedUpdate
from conversations.projection.result import ProjectionResult
from integrations.models import Connection, Delivery
from integrations.operations import counters

logger = logging.getLogger(__name__)

ERASED = "This call was erased."
MAX_ATTEMPTS = 5
FIRST_WAIT_SECONDS = 2  # doubles with each attempt
MAX_WAIT_SECONDS = FIRST_WAIT_SECONDS * 2**MAX_ATTEMPTS


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker holds until its lease ends. size: bytes."""

    sequence: int
    organization_id: UUID
    key_id: UUID | None
    received_at: datetime
    provider: str
    source: str
    size: int
    attempts: int


_CLAIM = """
    UPDATE integrations_delivery AS delivery
    SET attempts = attempts + 1,
        lease_until = statement_timestamp() + make_interval(secs => %(lease)s)
    WHERE sequence IN (
        SELECT sequence FROM integrations_delivery
        WHERE outcome = 'accepted' AND {which}
        ORDER BY sequence LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
    RETURNING sequence, organization_id,
        -- A replay is no use of its key.
        CASE WHEN replay_of IS NULL THEN key_id END,
        received_at, provider, source, size, attempts
"""
_FRESH = "attempts = 0"
_AGAIN = """
    attempts > 0
    AND (lease_until IS NULL OR lease_until NOT BETWEEN statement_timestamp()
        AND statement_timestamp() + make_interval(secs => %(lease)s))
    AND (next_try_at IS NULL OR next_try_at NOT BETWEEN statement_timestamp()
        AND statement_timestamp() + make_interval(secs => %(wait)s))
"""


def claim_fresh(limit: int) -> list[Claimed]:
    """Claim up to `limit` deliveries that nobody has tried, oldest first."""
    return _claim(_FRESH, limit)


def claim_one(sequence: int) -> Claimed | None:
    """Claim this delivery; None where a worker has tried it already."""
    claimed = _claim("attempts = 0 AND sequence = %(sequence)s", 1, sequence=sequence)
    return claimed[0] if claimed else None


def claim_one_again() -> Claimed | None:
    """Claim one delivery that failed or whose worker died; None where none is due."""
    claimed = _claim(_AGAIN, 1)
    return claimed[0] if claimed else None


def _claim(which: str, limit: int, **further: int) -> list[Claimed]:
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM.format(which=which),
            {
                "lease": settings.LEASE_SECONDS,
                "wait": MAX_WAIT_SECONDS,
                "limit": limit,
                **further,
            },
        )
        claimed = [Claimed(*row) for row in cursor.fetchall()]
    return sorted(claimed, key=lambda one: one.sequence)


def put_back(claimed: Sequence[Claimed]) -> None:
    """Give deliveries back to be claimed at once, and do not count this try.

    Only those that nobody had tried before; not those of which the lease ran out and
    that somebody else tries by now.
    """
    if claimed:
        Delivery.objects.waiting().filter(
            sequence__in=[one.sequence for one in claimed], attempts=1
        ).update(attempts=0, lease_until=None)


def gave_up(claimed: Claimed) -> bool:
    """Return whether a delivery was tried too often; then record it as failed.

    Its worker died each time, or it would have failed before.
    """
    if claimed.attempts <= MAX_ATTEMPTS:
        return False
    _fail(claimed, "Its worker was interrupted each time; it was given up.")
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
        _fail(claimed, reason)
        return
    wait = timedelta(seconds=FIRST_WAIT_SECONDS * 2 ** (claimed.attempts - 1))
    Delivery.objects.waiting().filter(sequence=claimed.sequence).update(
        lease_until=None, next_try_at=Now() + Value(wait), last_error=reason
    )


def _fail(claimed: Claimed, reason: str) -> None:
    # A replay's reason, which names the refused delivery, stays in front.
    failed = (
        Delivery.objects.waiting()
        .filter(sequence=claimed.sequence)
        .update(
            outcome=Delivery.Outcome.FAILED,
            reason=Trim(Concat("reason", Value(" "), Value(reason))),
            last_error=reason,
            lease_until=None,
            next_try_at=None,
            processed_at=Now(),
        )
    )
    # Nothing where somebody else has ended it meanwhile.
    counters.add(counters.FAILED, failed)


def mark_erased(sequences: Sequence[int]) -> None:
    """Record deliveries of erased calls as ignored, and drop their bodies."""
    if not sequences:
        return
    Delivery.objects.waiting().filter(sequence__in=sequences).update(
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
    delivered: Sequence[LoggedUpdate], stored: Mapping[CallKey, ProjectionResult]
) -> list[float]:
    """Record deliveries as processed, in the transaction that stored their
    conversations, and note first sessions of providers.

    Return the seconds between arrival and now of each that was still waiting.
    """
    warnings = [
        [
            {"path": path, "detail": detail}
            for path, detail in stored[one.call].warnings.get(one.sequence, [])
        ]
        for one in delivered
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            _MARK,
            [
                [one.sequence for one in delivered],
                [stored[one.call].conversation.id for one in delivered],
                [json.dumps(each) if each else "[]" for each in warnings],
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
