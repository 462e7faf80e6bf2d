"""Taking an uploaded recording with its call: to the log, to a conversation, to the
storage, and to the queue of transcription where the call has no turns.

All of it happens before the answer. Whoever is cut off in the middle got no answer and
uploads again: the same id is the same conversation.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from conversations.models import Agent, Conversation, Provider
from conversations.projection.erased_calls import erased_among
from conversations.recordings.files import NotKept
from conversations.recordings.incoming import is_for_want_of_room
from conversations.recordings.probe import Audio, NotAudio, read_audio
from conversations.recordings.store_audio import store_audio
from conversations.recordings.unpacking import UnpacksTooLarge, unpack
from conversations.transcription.queue import enqueue_transcription
from integrations import providers, request_body
from integrations.delivery_log.append import Arrival
from integrations.ingest.webhook import RETRY_AFTER_SECONDS
from integrations.models import Delivery
from integrations.problems import UNKNOWN_AGENT, Refusal, validation_refusal
from integrations.processing import worker as processing_worker
from integrations.providers import Fault, Reading
from web.long_answers import Kind, NoSlotFree, Slot, take_slot

logger = logging.getLogger(__name__)

PROVIDER = Provider.UPLOAD.value
# How long to wait where a worker has claimed the delivery first.
PROCESSED_WITHIN_SECONDS = 10.0
LOOK_EVERY_SECONDS = 0.05
BUSY_SECONDS = 5

# Appends an accepted delivery, commits and returns its sequence, or raises `Refusal`.
Append = Callable[[Arrival, Reading], int]


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What became of an upload. warnings: of values that were cut or dropped."""

    conversation: Conversation
    warnings: list[Fault]


def upload_slot(organization_id: UUID) -> Slot:
    """Take the slot that reading an upload needs, which holds a thread of the web
    server for as long as its sender likes.

    Raises:
        Refusal: none is free in this process.
    """
    try:
        return take_slot(Kind.UPLOAD, organization_id)
    except NoSlotFree:
        raise Refusal(
            503,
            "Other uploads are under way. Send it again in a moment.",
            headers=(("Retry-After", str(BUSY_SECONDS)),),
        ) from None


def take_upload(
    arrival: Arrival, path: Path, *, append: Append, further: list[Fault] | None = None
) -> Uploaded:
    """Take an uploaded file with its call, and return their conversation.

    arrival: its body is the call; it gets what is known of the upload, also for the log
        of a refusal.
    path: the file. further: warnings that are known already.

    Raises:
        Refusal: the call or the file is not taken, or cannot be stored just now.
    """  # noqa: DOC501 - a function makes it
    reading = read_call(arrival)
    warnings = [*(further or []), *reading.warnings]
    arrival.warnings = [{"path": one.path, "detail": one.detail} for one in warnings]
    _refuse_erased(arrival)
    audio = _audio_in(path)
    sequence = append(arrival, reading)
    processing_worker.process_now(sequence)
    conversation = _conversation_of(sequence, arrival)
    _store(conversation, path, audio)
    enqueue_transcription(conversation)
    try:
        conversation.refresh_from_db()
    except Conversation.DoesNotExist:
        raise erased() from None
    return Uploaded(conversation, warnings)


def read_call(arrival: Arrival) -> Reading:
    """Return the call in the body of the arrival, checked as the webhook's is.

    Raises:
        Refusal: it is no call that fits, or names an agent of nobody here.
    """  # noqa: DOC501 - a function makes it
    assert arrival.body is not None  # noqa: S101 - the callers put it there
    try:
        payload = request_body.parse(arrival.body, called="The part call")
        reading = providers.read(PROVIDER, payload)
    except request_body.BodyFault as fault:
        raise Refusal(fault.status, fault.detail) from fault
    arrival.agent_reference = reading.agent_reference or ""
    arrival.external_id = reading.call_external_id or ""
    if reading.update is None:
        raise validation_refusal(reading.errors)
    agent_id = reading.update.agent.id
    agents = Agent.objects.filter(organization=arrival.organization_id)
    if agent_id is not None and not agents.filter(pk=agent_id).exists():
        raise validation_refusal([UNKNOWN_AGENT])
    return reading


def erased() -> Refusal:
    """Return the 409 of a call that was erased."""
    return Refusal(
        409, "This call was erased, for good. Upload it under another call.externalId."
    )


def away(what: str) -> Refusal:
    """Return the 503 of an upload that could not be stored just now.

    what: a sentence that says why.
    """
    return Refusal(
        503,
        f"{what} Send it again.",
        headers=(("Retry-After", str(RETRY_AFTER_SECONDS)),),
    )


def not_stored(error: Exception) -> Refusal:
    """Return the 503 of a file that could not be written: a disk or a quota is full, a
    storage is away.
    """
    if isinstance(error, NotKept):
        return away(str(error))
    if is_for_want_of_room(error):
        return away("There is no room for the file on this server just now.")
    return away("The file could not be stored just now.")


def _refuse_erased(arrival: Arrival) -> None:
    call = (arrival.organization_id, PROVIDER, arrival.external_id)
    if erased_among([call]):
        raise erased()


def _audio_in(path: Path) -> Audio:
    try:
        unpack(path)
    except UnpacksTooLarge:
        raise Refusal(
            413,
            f"Unpacked the file is over the limit of {settings.MAX_AUDIO_BYTES:,} "
            "bytes.",
        ) from None
    except OSError as error:
        raise not_stored(error) from error
    try:
        return read_audio(path)
    except NotAudio as error:
        fault = {"path": "file", "detail": "is not audio"}
        raise Refusal(415, str(error), errors=(fault,)) from error


def _conversation_of(sequence: int, arrival: Arrival) -> Conversation:
    """Return the conversation once the delivery is processed, mostly by us."""  # noqa: DOC501 - a function makes it
    deadline = time.monotonic() + PROCESSED_WITHIN_SECONDS
    deliveries = Delivery.objects.filter(sequence=sequence)
    while True:
        outcome, error = deliveries.values_list("outcome", "last_error").get()
        if outcome == Delivery.Outcome.IGNORED:
            raise erased()
        if outcome == Delivery.Outcome.PROCESSED:
            break
        if error or time.monotonic() > deadline:
            raise away("The call is in the log and could not be processed yet.")
        time.sleep(LOOK_EVERY_SECONDS)
    found = Conversation.objects.filter(
        organization=arrival.organization_id,
        provider=PROVIDER,
        external_id=arrival.external_id,
    ).first()
    if found is None:
        raise erased()
    return found


def _store(conversation: Conversation, path: Path, audio: Audio) -> None:
    try:
        kept = store_audio(
            conversation=conversation, path=path, audio=audio, claim=None
        )
    except (DatabaseError, InterfaceError):
        raise
    except Exception as error:
        # Whatever a storage raises: a disk that is full, a bucket that is away.
        logger.exception("An uploaded recording could not be stored")
        raise not_stored(error) from error
    if not kept:
        raise erased()
