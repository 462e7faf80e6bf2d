"""Reading events: claim a batch, read each, add what it says, mark them.

The row is the job, and the transaction its claim: what a dead worker held is free again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from conversations import worker_stop
from integrations import request_body
from integrations.expected_sessions import join
from integrations.livekit_events import gaps
from integrations.livekit_events.fact_store import ReadEvent, add_facts
from integrations.livekit_events.facts import read_event
from integrations.operations import heartbeat
from integrations.request_body import BodyFault
from web.database_errors import is_away

logger = logging.getLogger(__name__)

BATCH_ROWS = 500
BATCH_BYTES = 4 * 1024 * 1024
# One run of the task; then what waits behind it in the queue is run.
TURN_SECONDS = 2.0
# What the button of a project sends: it is no word of LiveKit's.
TEST_EVENT = "zelto_test"
UNREADABLE = "It could not be read: {}"

_CLAIM = """
    SELECT id, octet_length(body) FROM integrations_livekitevent
    WHERE processed_at IS NULL ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
"""
_BODIES = """
    SELECT event.id, event.project_id, project.organization_id, event.name,
        event.received_at, event.body
    FROM integrations_livekitevent AS event
    LEFT JOIN integrations_livekitproject AS project ON project.id = event.project_id
    WHERE event.id = ANY(%s) ORDER BY event.id
"""
_MARK = """
    UPDATE integrations_livekitevent AS event
    SET processed_at = statement_timestamp(), error = told.error
    FROM unnest(%s::bigint[], %s::text[]) AS told (id, error) WHERE event.id = told.id
"""
# At most once a second for a project, so that a busy one is not a row version an event.
_SEEN = """
    UPDATE integrations_livekitproject AS project
    SET first_event_at = coalesce(first_event_at, seen.first),
        last_event_at = greatest(last_event_at, seen.last)
    FROM (SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[])
        AS seen (id, first, last) ORDER BY id) AS seen
    WHERE project.id = seen.id AND (last_event_at IS NULL
        OR last_event_at < seen.last - interval '1 second')
"""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event of the log. organization_id: None where its project was removed."""

    id: int
    project_id: UUID
    organization_id: UUID | None
    name: str
    received_at: datetime
    body: bytes


def process_until_quiet() -> bool:
    """Process until nothing waits or the turn is over; return whether another run should
    follow.
    """
    turn = worker_stop.Turn(TURN_SECONDS)
    while not turn.is_over:
        heartbeat.beat()
        if not process_batch():
            return False
    return not worker_stop.is_requested()


def process_batch() -> int:
    """Process one batch; return how many events it had.

    Raises:
        OperationalError: the database is at fault, so nothing was marked.
    """
    try:
        with transaction.atomic(durable=True):
            events = _claim(BATCH_ROWS)
            changed = _add(events)
    except OperationalError:
        raise
    except Exception:
        logger.exception("A batch of events failed; going one by one")
        return _process_one_by_one()
    join.settle(changed)
    return len(events)


def _process_one_by_one() -> int:
    """Process as many as a batch has, each in a transaction of its own, so that the one
    at fault fails alone.
    """
    for count in range(BATCH_ROWS):
        if worker_stop.is_requested():
            return count
        with transaction.atomic(durable=True):
            events = _claim(1)
            if not events:
                return count
            changed = _add_alone(events)
        join.settle(changed)
    return BATCH_ROWS


def _add_alone(events: Sequence[StoredEvent]) -> set[UUID]:
    try:
        with transaction.atomic():
            return _add(events)
    except Exception as error:
        if is_away(error) or isinstance(error, OperationalError):
            raise
        logger.exception("Event %s failed", events[0].id)
        _mark({events[0].id: UNREADABLE.format(type(error).__name__)})
        return set()


def _claim(limit: int) -> list[StoredEvent]:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [limit])
        ids, size = [], 0
        for event_id, length in cursor.fetchall():
            if ids and size + length > BATCH_BYTES:
                break
            ids.append(event_id)
            size += length
        if not ids:
            return []
        cursor.execute(_BODIES, [ids])
        return [StoredEvent(*row[:5], bytes(row[5])) for row in cursor.fetchall()]


def _add(events: Sequence[StoredEvent]) -> set[UUID]:
    """Add what events say, mark them, and return the sessions to settle."""
    if not events:
        return set()
    errors: dict[int, str] = {}
    read = []
    for event in events:
        errors[event.id] = ""
        if event.organization_id is None:
            continue
        try:
            payload = request_body.parse(event.body)
            facts = read_event(payload, event.received_at)
        except BodyFault as fault:
            errors[event.id] = fault.detail
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            logger.exception("Event %s cannot be read", event.id)
            errors[event.id] = UNREADABLE.format(type(error).__name__)
        else:
            read.append(ReadEvent(event.project_id, event.organization_id, facts))
            if facts.dropped:
                gaps.note_dropped(event.project_id, event.id, facts)
    changed = add_facts(read, timezone.now())
    _mark(errors)
    _note_seen(events)
    return changed


def _mark(errors: dict[int, str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [list(errors), list(errors.values())])


def _note_seen(events: Sequence[StoredEvent]) -> None:
    seen: dict[UUID, list[datetime]] = {}
    for event in events:
        if event.name != TEST_EVENT:
            seen.setdefault(event.project_id, []).append(event.received_at)
    if seen:
        with connection.cursor() as cursor:
            cursor.execute(
                _SEEN,
                [
                    list(seen),
                    [min(times) for times in seen.values()],
                    [max(times) for times in seen.values()],
                ],
            )
