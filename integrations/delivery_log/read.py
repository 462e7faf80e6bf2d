"""Reading deliveries of the log as updates of calls, also after they were processed."""

from __future__ import annotations

import logging
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from django.db.models import Q

from conversations.projection.logged_update import (
    BodyGone,
    CallKey,
    LoggedUpdate,
    TooLarge,
    fold_order,
)
from conversations.projection.store_apart import END_OF_LOG
from conversations.projection.update import CallUpdate
from integrations import providers, request_body
from integrations.delivery_log import supplement_entry, transcription_entry
from integrations.models import Delivery
from integrations.models.delivery import DeliveryQuerySet
from integrations.providers.livekit import upload

logger = logging.getLogger(__name__)


# What is folded again while others wait; what is larger waits for its turn.
MAX_SMALL_BYTES = 1024 * 1024
MAX_SMALL_ROWS = 200
READ_BYTES = 1024 * 1024  # bodies that are read in one query
# A session that LiveKit uploads comes in pieces of these kinds, in any order. The logs
# say less of most things, and the name of the agent; the traces fill in why it ended.
PIECES: dict[str, int] = {
    Delivery.Source.LIVEKIT_LOGS: 0,
    Delivery.Source.LIVEKIT_SESSION: 1,
    Delivery.Source.LIVEKIT_TRACES: 2,
}


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
    elif row.source == Delivery.Source.LIVEKIT_EVENTS:
        update = supplement_entry.read(payload)
    elif row.source in PIECES:
        update = _read_upload(payload)
    else:
        update = _read_sent(row.provider, payload)
    return LoggedUpdate(
        sequence=row.sequence,
        received_at=row.received_at,
        organization_id=row.organization_id,
        provider=row.provider,
        update=update,
        piece=PIECES.get(row.source),
    )


def _read_upload(payload: dict[str, Any]) -> CallUpdate:
    try:
        return upload.read_upload(payload)
    except upload.NotAnUpload as error:
        raise Unreadable(str(error)) from error


def _read_sent(provider: str, payload: dict[str, Any]) -> CallUpdate:
    reading = providers.read(provider, payload)
    if reading.update is None:
        first = reading.errors[0]
        raise Unreadable(f"{first.path} {first.detail}")
    return reading.update


class _Row(NamedTuple):
    """What is known of a delivery before its body is read."""

    sequence: int
    organization_id: UUID
    received_at: datetime
    provider: str
    source: str
    size: int
    has_body: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads deliveries of calls in the order of the log, and holds one update at a time.

    claimed: sequences that the calling worker holds. Unprocessed deliveries of others
        are left to them: one of those may be the one that cannot be stored.
    unreadable: gets those of the claimed that do not read, with why, and goes on; None
        raises it.
    before_each: is called before each update is read, and may raise.
    reads_pieces: some of the claimed are pieces of a session.
    """

    claimed: Collection[int] = ()
    unreadable: dict[int, Exception] | None = None
    before_each: Callable[[], None] | None = None
    reads_pieces: bool = False

    def pasts(
        self, calls: Mapping[CallKey, int]
    ) -> dict[CallKey, Iterable[LoggedUpdate]]:
        """Return all updates of calls, as `store_calls` takes it; each is read while it
        is gone through, and may raise `BodyGone`.

        calls: with the last sequence of each to read. One of which a body has expired
            is missing from the answer.
        """
        found: dict[CallKey, Iterable[LoggedUpdate]] = {}
        for call, through in calls.items():
            rows = self._rows_of(call, through)
            if all(row.has_body for row in rows):
                found[call] = self._updates(rows)
            else:
                logger.warning("A body of %s is gone", call.external_id)
        return found

    def small_pasts(
        self, calls: Mapping[CallKey, int]
    ) -> dict[CallKey, Iterable[LoggedUpdate]]:
        """Return what `pasts` does, where they are small enough to be read while others
        wait.

        Raises:
            TooLarge: names the calls of which they are not.
        """
        large = [
            call
            for call, through in calls.items()
            if _is_large(self._rows_of(call, through))
        ]
        if large:
            raise TooLarge(large)
        return self.pasts(calls)

    def new(self) -> Iterator[LoggedUpdate]:
        """Yield the updates of the claimed deliveries alone."""
        rows = Delivery.objects.filter(sequence__in=self.claimed)
        yield from self._updates(_rows(rows))

    def is_large(self, call: CallKey) -> bool:
        """Tell whether reading a call's whole past takes long enough for others to
        notice.
        """
        return _is_large(self._rows_of(call, END_OF_LOG))

    def is_whole(self, call: CallKey) -> bool:
        """Tell whether the log has all bodies of a call's past."""
        return all(row.has_body for row in self._rows_of(call, END_OF_LOG))

    def _rows_of(self, call: CallKey, through: int) -> list[_Row]:
        return _rows(
            Delivery.objects.filter(
                organization_id=call.organization_id,
                provider=call.provider,
                external_id=call.external_id,
                sequence__lte=through,
            ).filter(
                Q(outcome=Delivery.Outcome.PROCESSED) | Q(sequence__in=self.claimed)
            )
        )

    def _updates(self, rows: Sequence[_Row]) -> Iterator[LoggedUpdate]:
        for portion in _portions(rows):
            bodies = load_bodies([row.sequence for row in portion])
            for row in portion:
                if self.before_each is not None:
                    self.before_each()
                # Out of the dict, so that it is let go of once it is read.
                body = bodies.pop(row.sequence, None)
                if body is None and row.sequence not in self.claimed:
                    raise BodyGone
                try:
                    update = read(row, body)
                except Exception as error:
                    if self.unreadable is None or row.sequence not in self.claimed:
                        raise
                    self.unreadable[row.sequence] = error
                    continue
                body = None
                yield update
                del update


def _is_large(rows: Sequence[_Row]) -> bool:
    return len(rows) > MAX_SMALL_ROWS or sum(one.size for one in rows) > MAX_SMALL_BYTES


def _rows(deliveries: DeliveryQuerySet) -> list[_Row]:
    found = [
        _Row(*values)
        for values in deliveries.knowing_bodies().values_list(*_Row._fields)
    ]
    found.sort(key=lambda row: fold_order(PIECES.get(row.source), row.sequence))
    return found


def _portions(rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    """Yield the rows in portions of at most `READ_BYTES`, or of one that is larger."""
    portion: list[_Row] = []
    size = 0
    for row in rows:
        if portion and size + row.size > READ_BYTES:
            yield portion
            portion, size = [], 0
        portion.append(row)
        size += row.size
    if portion:
        yield portion
