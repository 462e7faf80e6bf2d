"""Taking audio for a call whose session came, or comes, by another way: to the storage as
it is and to the log. The worker makes it the recording of its conversation.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest

from conversations.models import Conversation, Recording
from conversations.projection.erased_calls import erased_among
from conversations.recordings import files, received
from conversations.recordings.incoming import incoming_file
from integrations.delivery_log import append as delivery_log
from integrations.delivery_log.append import Arrival
from integrations.delivery_log.recording_entry import (
    ReceivedAudio,
    audio_in,
    body_of,
)
from integrations.models import Delivery
from integrations.models.delivery import DeliveryQuerySet
from integrations.problems import Refusal
from integrations.uploads.raw_body import (
    answered_at_the_end,
    is_long,
    receive,
    sha256_in,
)
from integrations.uploads.take import not_stored, upload_slot

logger = logging.getLogger(__name__)

Outcome = Delivery.Outcome
# For the session, which mostly was stored a moment before.
WAIT_SECONDS = 3.0
UNKNOWN_CALL = (
    "No session of this provider has come under this id. Post the session first."
)
ERASED = "This call was erased, for good."
OTHER_BYTES = (
    "The body has another SHA-256 than Content-Digest says: it was changed or damaged on "
    "its way. Send it again."
)


class KeyIsOver(Exception):
    """The key was revoked, or expired, while the audio arrived."""


@dataclass(frozen=True, slots=True)
class CallAudio:
    """What is said of the audio beside its bytes.

    channels: who is on which, left first; None where nobody says. started_at: when it
    began, ISO 8601; None likewise.
    """

    channels: list[str] | None
    started_at: str | None


class _Call(NamedTuple):
    organization_id: UUID
    provider: str
    external_id: str


@contextmanager
def reading_audio(request: HttpRequest, organization_id: UUID) -> Iterator[None]:
    """Hold the slot that a long body needs for as long as the block reads it.

    Raises:
        Refusal: none is free, or what the block raised.
    """
    slot = upload_slot(organization_id) if is_long(request) else nullcontext()
    with slot, answered_at_the_end(request):
        yield


def take_call_audio(request: HttpRequest, arrival: Arrival, said: CallAudio) -> None:
    """Store the audio of the call that the arrival names; where it is there already,
    nothing changes. The arrival, whose source is a recording, gets what is known of it,
    also for the log of a refusal.

    Raises:
        Refusal: the audio is not taken, or cannot be stored just now.
        BodyFault: the body cannot be read.
        KeyIsOver: the key is no longer good.
    """  # noqa: DOC501 - functions make some
    call = _Call(arrival.organization_id, arrival.provider, arrival.external_id)
    sha256 = sha256_in(request.headers.get("Content-Digest"))
    _require_known(call, arrival)
    if _is_here(call, sha256):
        receive(request)
        return
    try:
        with incoming_file() as path:
            with path.open("wb") as file:
                body = receive(request, file)
            if body.sha256 != sha256:
                raise Refusal(400, OTHER_BYTES)
            if not body.size:
                raise Refusal(400, "The body is empty.")
            name = _keep(call, path)
    except OSError as error:
        raise not_stored(error) from error
    audio = ReceivedAudio(name, body.size, sha256, said.channels, said.started_at)
    _append(call, arrival, audio)


def _require_known(call: _Call, arrival: Arrival) -> None:
    """Note who took the call, and whether its session is to be waited for.

    Raises:
        Refusal: 404, there is no such call; 409, it was erased.
    """
    if erased_among([call]):
        raise Refusal(409, ERASED)
    sessions = (
        _deliveries_of(call)
        .bringing_sessions()
        .exclude(outcome__in=[Outcome.REJECTED, Outcome.IGNORED])
    )
    reference = sessions.newest_first().values_list("agent_reference", flat=True)
    found = reference.first()
    is_processed = Conversation.objects.filter(**call._asdict()).exists()
    if found is None and not is_processed:
        raise Refusal(404, UNKNOWN_CALL)
    arrival.agent_reference = found or ""
    arrival.wait_seconds = None if is_processed else WAIT_SECONDS


def _is_here(call: _Call, sha256: str) -> bool:
    """Tell whether the newest audio of a call is this one: stored, or on its way."""
    named = {f"conversation__{name}": value for name, value in call._asdict().items()}
    recording = Recording.objects.filter(**named).first()
    if recording is not None and recording.state == Recording.State.FAILED:
        return False
    newest = _newest_audio(call)
    if recording is None:
        return newest is not None and newest.sha256 == sha256
    if newest is not None and newest.sha256 == sha256:
        # What was named since, or is not taken up yet, is another matter.
        address = received.received_address(newest.file)
        return recording.source_url == address or _waits(call)
    is_stored = recording.state == Recording.State.DONE and bool(recording.file)
    return is_stored and files.sha256_of(recording.file) == sha256


def _newest_audio(call: _Call) -> ReceivedAudio | None:
    """Return the newest audio that came for a call and was not given up."""
    entries = _deliveries_of(call).filter(
        source=Delivery.Source.RECORDING,
        outcome__in=[Outcome.ACCEPTED, Outcome.PROCESSED],
        body__isnull=False,
    )
    body = entries.newest_first().values_list("body", flat=True).first()
    return None if body is None else audio_in(json.loads(bytes(body)))


def _waits(call: _Call) -> bool:
    own = _deliveries_of(call).filter(source=Delivery.Source.RECORDING)
    return own.waiting().exists()


def _deliveries_of(call: _Call) -> DeliveryQuerySet:
    return Delivery.objects.filter(**call._asdict())


def _keep(call: _Call, path: Path) -> str:
    try:
        return received.keep(
            call.organization_id,
            path,
            provider=call.provider,
            external_id=call.external_id,
        )
    except (DatabaseError, InterfaceError):
        raise
    except Exception as error:
        if erased_among([call]):
            raise Refusal(409, ERASED) from error
        # Whatever a storage raises: a disk that is full, a bucket that is away.
        logger.exception("The audio of a call could not be stored")
        raise not_stored(error) from error


def _append(call: _Call, arrival: Arrival, audio: ReceivedAudio) -> None:
    """Append the audio to the log; the file of what is not taken goes.

    Raises:
        Refusal: 409, the call was erased meanwhile.
        KeyIsOver: the key is no longer good.
    """
    arrival.body = body_of(call.external_id, audio)
    arrival.size = len(arrival.body)
    is_stored = delivery_log.store(arrival, agent_id=None) is not None
    # An erasure that came in between has not seen the file, or is seen here.
    is_erased = bool(erased_among([call]))
    if not is_stored or is_erased:
        arrival.body, arrival.size = None, 0
        received.let_go(received.received_address(audio.file))
        if is_erased:
            raise Refusal(409, ERASED)
        raise KeyIsOver
