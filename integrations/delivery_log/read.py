"""Reading deliveries of the log as updates of calls, also after they were processed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Q

from conversations.projection.logged_update import CallKey, LoggedUpdate
from conversations.projection.update import CallUpdate
from integrations import providers, request_body
from integrations.delivery_log import transcription_entry
from integrations.models import Delivery

logger = logging.getLogger(__name__)


class Unreadable(Exception):
    """A body of the log that does not read as a call, or no longer; says why."""


class LogRow(Protocol):
    """What reading needs of a delivery: a row of the log, or a claim of one."""

    @property
    def sequence(self) -> int: ...
    @property
    def organization_id(self) -> UUID: ...
    @property
    def received_at(self) -> datetime: ...
    @property
    def provider(self) -> str: ...
    @property
    def source(self) -> str: ...


def load_bodies(sequences: Sequence[int]) -> dict[int, bytes | None]:
    """Return the bodies of deliveries by sequence; None where one is gone."""
    rows = Delivery.objects.filter(sequence__in=sequences)
    return {
        sequence: None if body is None else bytes(body)
        for sequence, body in rows.values_list("sequence", "body")
    }


def read(row: LogRow, data: bytes | None) -> LoggedUpdate:
    """Return the update that a delivery holds.

    data: its body, as the log has it.

    Raises:
        Unreadable: the body is gone, or does not read as a call.
    """
    if data is None:
        raise Unreadable("Its body is gone.")
    try:
        payload = request_body.parse(data)
    except request_body.BodyFault as fault:
        raise Unreadable(fault.detail) from fault
    if row.source == Delivery.Source.TRANSCRIPTION:
        update = transcription_entry.read(payload)
    else:
        update = _read_sent(row.provider, payload)
    return LoggedUpdate(
        sequence=row.sequence,
        received_at=row.received_at,
        organization_id=row.organization_id,
        provider=row.provider,
        update=update,
    )


def _read_sent(provider: str, payload: dict[str, Any]) -> CallUpdate:
    reading = providers.read(provider, payload)
    if reading.update is None:
        first = reading.errors[0]
        raise Unreadable(f"{first.path} {first.detail}")
    return reading.update


def updates_of_calls(
    claimed: Sequence[int],
) -> Callable[[Mapping[CallKey, int]], dict[CallKey, Sequence[LoggedUpdate]]]:
    """Return a function that reads all updates of calls in the order of the log, as
    `store_calls` takes it.

    It is called with the last sequence of each call to read, and leaves out calls of
    which a body has expired.

    claimed: sequences that the calling worker holds. Unprocessed deliveries of others
    are left to them: one of those may be the one that cannot be stored.
    """

    def read_updates(
        calls: Mapping[CallKey, int],
    ) -> dict[CallKey, Sequence[LoggedUpdate]]:
        return {
            call: updates
            for call, through in calls.items()
            if (updates := _updates_of(call, through, claimed)) is not None
        }

    return read_updates


def _updates_of(
    call: CallKey, through: int, claimed: Sequence[int]
) -> list[LoggedUpdate] | None:
    """Return all updates of a call, in order; None where a body of it has expired."""
    rows = (
        Delivery.objects.filter(
            organization_id=call.organization_id,
            provider=call.provider,
            external_id=call.external_id,
            sequence__lte=through,
        )
        .filter(Q(outcome=Delivery.Outcome.PROCESSED) | Q(sequence__in=claimed))
        .order_by("sequence")
    )
    updates = []
    for row in rows:
        if row.body is None:
            logger.warning("Delivery %s has no body to fold again", row.sequence)
            return None
        updates.append(read(row, bytes(row.body)))
    return updates
