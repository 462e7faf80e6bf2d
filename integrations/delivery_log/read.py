"""Reading deliveries of the log as updates, also again after they were processed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Q

from conversations.projection.logged_update import CallKey, LoggedUpdate
from conversations.projection.update import CallUpdate
from integrations import providers
from integrations import request_body as body
from integrations.delivery_log import transcription_entry
from integrations.models import Delivery

logger = logging.getLogger(__name__)


class Unreadable(Exception):
    """A body of the log that no longer reads as a call; says why."""


class LogRow(Protocol):
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
    rows = Delivery.objects.filter(sequence__in=sequences)
    return {
        sequence: None if body is None else bytes(body)
        for sequence, body in rows.values_list("sequence", "body")
    }


def read(row: LogRow, data: bytes | None) -> LoggedUpdate:
    """What a delivery says; raises `Unreadable`."""
    if data is None:
        raise Unreadable("Its body is gone.")
    try:
        payload = body.parse(data)
    except body.BodyFault as fault:
        raise Unreadable(fault.detail) from fault
    if row.source == Delivery.Source.TRANSCRIPTION:
        update = transcription_entry.read(payload)
    else:
        update = _sent(row.provider, payload)
    return LoggedUpdate(
        sequence=row.sequence,
        received_at=row.received_at,
        organization_id=row.organization_id,
        provider=row.provider,
        update=update,
    )


def _sent(provider: str, payload: dict[str, Any]) -> CallUpdate:
    reading = providers.read(provider, payload)
    if reading.update is None:
        first = reading.errors[0]
        raise Unreadable(f"{first.path} {first.detail}")
    return reading.update


def updates_of_calls(
    claimed: Sequence[int],
) -> Callable[[Mapping[CallKey, int]], dict[CallKey, Sequence[LoggedUpdate]]]:
    """A reader of calls' whole pasts, as `store_calls` asks for it.

    claimed: what the asking worker holds. Others' unprocessed deliveries are left to
    them: one of those may be the one that cannot be stored.
    """

    def tell(calls: Mapping[CallKey, int]) -> dict[CallKey, Sequence[LoggedUpdate]]:
        return {
            call: past
            for call, through in calls.items()
            if (past := _past(call, through, claimed)) is not None
        }

    return tell


def _past(
    call: CallKey, through: int, claimed: Sequence[int]
) -> list[LoggedUpdate] | None:
    """None where a body has expired: then only what is there can be built upon."""
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
    past = []
    for row in rows:
        if row.body is None:
            logger.warning("Delivery %s has no body to fold again", row.sequence)
            return None
        past.append(read(row, bytes(row.body)))
    return past
