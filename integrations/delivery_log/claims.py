"""Claiming deliveries, in turns by organization.

What is small and new is claimed in batches. What is large, was tried before, was deferred
or is to be folded again is claimed one at a time, with others of its call.

A lease or a wait that no clock of ours could have written counts as over: the clock was
set back, and nothing may wait until it catches up.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from conversations.projection.logged_update import CallKey
from integrations.models import Delivery
from integrations.models.delivery import MAX_BATCHED_BYTES

MAX_WAIT_SECONDS = 64  # nothing waits longer for its next try
# The second try of a call's deliveries may be in common, later ones may not: the one that
# kills its worker is then found.
TRIES_IN_COMMON = 2

_CALL = "organization_id = %(organization)s AND provider = %(provider)s AND external_id = %(call)s"
# As the two partial indexes have it.
_BATCHED = f"""outcome = 'accepted' AND size <= {MAX_BATCHED_BYTES}
    AND attempts = 0 AND next_try_at IS NULL"""
_APART = f"""(
    (outcome = 'accepted'
        AND (attempts > 0 OR next_try_at IS NOT NULL OR size > {MAX_BATCHED_BYTES}))
    OR (outcome = 'processed' AND next_try_at IS NOT NULL))"""
_DUE = """(lease_until IS NULL OR lease_until NOT BETWEEN statement_timestamp()
        AND statement_timestamp() + make_interval(secs => %(lease)s))
    AND (next_try_at IS NULL OR next_try_at NOT BETWEEN statement_timestamp()
        AND statement_timestamp() + make_interval(secs => %(wait)s))"""

# An array is made once. What follows IN may be asked anew for each row, and would pass over
# what this statement has locked: one more with each row, leased and given to nobody.
_CLAIM = """
    UPDATE integrations_delivery
    SET attempts = attempts + 1,
        lease_until = statement_timestamp() + make_interval(secs => %(lease)s)
    WHERE sequence = ANY(ARRAY({which} FOR UPDATE SKIP LOCKED))
    RETURNING sequence, organization_id,
        -- A replay is no use of its key.
        CASE WHEN replay_of IS NULL THEN key_id END,
        received_at, provider, external_id, source, size, attempts, outcome,
        worker_host IS NOT NULL
"""
# The first of each organization, then the second of each, until the batch is full. Of
# many organizations no more rows are read than a few batches have.
_BATCH = f"""
    WITH RECURSIVE organizations (id) AS (
        (SELECT organization_id FROM integrations_delivery WHERE {_BATCHED}
         ORDER BY organization_id LIMIT 1)
        UNION ALL
        SELECT following.organization_id FROM organizations CROSS JOIN LATERAL (
            SELECT organization_id FROM integrations_delivery
            WHERE {_BATCHED} AND organization_id > organizations.id
            ORDER BY organization_id LIMIT 1) AS following
    ), share (rows) AS (
        SELECT greatest(1, least(%(limit)s, 4 * %(limit)s / greatest(1, count(*))))
        FROM organizations
    ), waiting AS (
        SELECT oldest.* FROM organizations CROSS JOIN LATERAL (
            SELECT sequence, size, row_number() OVER (ORDER BY sequence) AS place
            FROM (SELECT sequence, size FROM integrations_delivery
                  WHERE {_BATCHED} AND organization_id = organizations.id
                  ORDER BY sequence LIMIT (SELECT rows FROM share)) AS own
        ) AS oldest
    ), summed AS (
        SELECT sequence, row_number() OVER turns AS number, sum(size) OVER turns AS bytes
        FROM waiting WINDOW turns AS (ORDER BY place, size, sequence)
    )
    SELECT sequence FROM integrations_delivery
    WHERE sequence IN (SELECT sequence FROM summed WHERE number = 1
            OR (number <= %(limit)s AND bytes <= %(bytes)s))
        AND {_BATCHED}
"""  # noqa: S608 - constants of this module
_ONE = """
    SELECT sequence FROM integrations_delivery
    WHERE outcome = 'accepted' AND attempts = 0 AND sequence = %(sequence)s
"""
_NEXT_APART = f"""
    SELECT sequence FROM integrations_delivery
    WHERE {_APART} AND {_DUE} AND organization_id > %(after)s
    ORDER BY organization_id, sequence LIMIT 1
"""  # noqa: S608
_REST_OF_CALL = f"""
    SELECT sequence FROM integrations_delivery
    WHERE sequence IN (
        SELECT sequence FROM (
            SELECT sequence, row_number() OVER oldest AS number, sum(size) OVER oldest AS bytes
            FROM integrations_delivery
            WHERE {_CALL} AND outcome = 'accepted' AND attempts < {TRIES_IN_COMMON} AND {_DUE}
            WINDOW oldest AS (ORDER BY sequence)) AS waiting
        WHERE number <= %(limit)s AND (%(bytes)s IS NULL OR bytes <= %(bytes)s))
    AND outcome = 'accepted' AND attempts < {TRIES_IN_COMMON} AND {_DUE}
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker holds until its lease ends. size: bytes.
    tells_of_worker: it says which host sent it.
    """

    sequence: int
    organization_id: UUID
    key_id: UUID | None
    received_at: datetime
    provider: str
    external_id: str
    source: str
    size: int
    attempts: int
    outcome: str
    tells_of_worker: bool

    @property
    def call(self) -> CallKey:
        """Return the call that it belongs to."""
        return CallKey(self.organization_id, self.provider, self.external_id)

    @property
    def is_replay(self) -> bool:
        """Tell whether it was processed before: its call is to be folded again."""
        return self.outcome == Delivery.Outcome.PROCESSED


# Two threads would choose the same rows, and one of them find all of these locked.
_choosing = threading.Lock()


def claim_fresh(limit: int, *, max_bytes: int | None = None) -> list[Claimed]:
    """Claim up to `limit` small deliveries that nobody has tried: the oldest of each
    organization, then the second of each, and so on.

    max_bytes: of their bodies together; a first one that is larger is claimed alone.
    """
    with _choosing:
        return _claim(_BATCH, limit=limit, bytes=max_bytes or 2**62)


def claim_one(sequence: int) -> Claimed | None:
    """Claim this delivery; None where a worker has tried it already."""
    return _first(_claim(_ONE, sequence=sequence))


def claim_apart(after: UUID) -> Claimed | None:
    """Claim the oldest delivery that is worked on apart, of the first organization that
    has one; None where nothing is due.

    after: the organization that had its turn before; its id is lower than those of the
        organizations that are asked first.
    """
    first = UUID(int=0)
    claimed = _first(_claim(_NEXT_APART, after=after))
    if claimed is None and after != first:
        claimed = _first(_claim(_NEXT_APART, after=first))
    return claimed


def claim_rest_of_call(
    claimed: Claimed, *, limit: int, max_bytes: int | None
) -> list[Claimed]:
    """Claim what else waits of a call, oldest first, but what was tried repeatedly.

    max_bytes: of their bodies together; None for any.
    """
    key = claimed.call
    return _claim(
        _REST_OF_CALL,
        organization=key.organization_id,
        provider=key.provider,
        call=key.external_id,
        limit=limit,
        bytes=max_bytes,
    )


def _first(claimed: list[Claimed]) -> Claimed | None:
    return claimed[0] if claimed else None


def _claim(which: str, **parameters: Any) -> list[Claimed]:
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM.format(which=which),
            {
                "lease": settings.LEASE_SECONDS,
                "wait": MAX_WAIT_SECONDS,
                **parameters,
            },
        )
        claimed = [Claimed(*row) for row in cursor.fetchall()]
    return sorted(claimed, key=lambda one: one.sequence)


_HELD = """
    FROM unnest(%(sequences)s::bigint[], %(attempts)s::int[]) AS held (sequence, attempts)
    WHERE delivery.sequence = held.sequence AND delivery.attempts = held.attempts
        AND delivery.lease_until IS NOT NULL
"""
_PUT_BACK = f"""
    UPDATE integrations_delivery AS delivery
    SET attempts = delivery.attempts - 1, lease_until = NULL {_HELD}
"""  # noqa: S608
_DEFER = f"""
    UPDATE integrations_delivery AS delivery
    SET attempts = delivery.attempts - 1, lease_until = NULL,
        next_try_at = statement_timestamp() {_HELD}
"""  # noqa: S608
_RENEW = f"""
    UPDATE integrations_delivery AS delivery
    SET lease_until = statement_timestamp() + make_interval(secs => %(lease)s) {_HELD}
        AND delivery.outcome IN ('accepted', 'processed')
"""  # noqa: S608


def put_back(claimed: Sequence[Claimed]) -> None:
    """Give deliveries back to be claimed at once, and do not count this try.

    Not those of which the lease ran out and that somebody else tries by now.
    """
    _write(_PUT_BACK, claimed)


def defer(claimed: Sequence[Claimed]) -> None:
    """Give deliveries back to be worked on apart, and do not count this try."""
    _write(_DEFER, claimed)


def renew(claimed: Sequence[Claimed]) -> None:
    """Extend the leases of deliveries; not of those that somebody else tries by now."""
    _write(_RENEW, claimed)


def _write(statement: str, claimed: Sequence[Claimed]) -> None:
    if claimed:
        with connection.cursor() as cursor:
            cursor.execute(
                statement,
                {
                    "sequences": [one.sequence for one in claimed],
                    "attempts": [one.attempts for one in claimed],
                    "lease": settings.LEASE_SECONDS,
                },
            )
