"""The session itself: one multipart body with its header, its chat history and, where
it was recorded, its audio (`POST .../observability/recordings/v0`).
"""

from __future__ import annotations

import random
from contextlib import ExitStack
from typing import Any
from uuid import UUID

from django.conf import settings

from conversations.recordings import received
from conversations.recordings.incoming import incoming_file
from integrations.delivery_log.append import Arrival
from integrations.livekit_upload import redaction
from integrations.livekit_upload.audio import SessionAudio, keep_audio
from integrations.livekit_upload.call_ids import UploadedCall, call_id
from integrations.livekit_upload.posts import RETRY_AFTER, Post, store
from integrations.models import Delivery, LiveKitCall
from integrations.problems import Refusal
from integrations.providers.livekit import upload
from integrations.providers.livekit.upload_header import read_header
from integrations.providers.livekit.wire import NotProtobuf
from integrations.request_body import BodyFault, parse
from integrations.uploads.multipart import ENDED_EARLY, Parts, Wanted, read_parts
from integrations.uploads.take import upload_slot
from web.long_answers import Slot
from web.storable_text import replace_unstorable

MAX_HEADER_BYTES = 1024 * 1024
# For the logs, which name the agent, and mostly come at once behind it.
WAIT_SECONDS = 3.0
MAX_ID_CHARACTERS = 255
# Between the tries of a session that finds no slot, of which an SDK makes four.
AGAIN_SECONDS = (5, 25)


def take_session(post: Post) -> None:
    """Store a session with its audio; without it where that cannot be had: the SDKs
    send nothing again after most answers, and the words count more.

    Raises:
        Refusal: it is not one, or cannot be stored just now; 503 also where it is stored
            without its audio, which may come with another try.
        BodyFault: the body cannot be read.
        OSError: there is no room for what arrives.
    """
    arrival = post.arrival()
    with ExitStack() as leaving:
        if _is_long(post):
            leaving.enter_context(_slot(arrival.organization_id))
        path = leaving.enter_context(incoming_file())
        # Without a buffer, which a full disk would fail once more.
        with path.open("wb", buffering=0) as file:
            parts = read_parts(post.request, file, _wanted())
        header = _header(parts)
        sent = _sent_history(parts)
        call = _call(arrival, header, sent)
        arrival.external_id = post.external_id = call.external_id
        content = {
            "callId": call.external_id,
            **_names(post, header),
            "header": header,
            "redactionKept": settings.LIVEKIT_REDACTED if call.is_redacted else "",
            "chatHistory": _history(sent, is_redacted=call.is_redacted),
        }
        audio = keep_audio(arrival, parts, path, is_redacted=call.is_redacted)
    arrival.agent_reference = content["agentName"] or arrival.agent_reference
    if not content["agentName"]:
        arrival.wait_seconds = WAIT_SECONDS
    _store(arrival, content, audio)
    if audio.may_come_again:
        raise Refusal(503, f"The session is stored. {audio.lost}")


def _call(
    arrival: Arrival, header: dict[str, Any], history: dict[str, Any] | None
) -> LiveKitCall:
    job, room = _ids(header)
    return call_id(
        UploadedCall(
            arrival.organization_id,
            job_id=job,
            room_sid=room,
            # With its job it needs nothing else.
            item_ids=() if job else upload.item_ids_in(history),
            is_redacted=bool(header.get("redaction_enabled")),
        )
    )


def _store(arrival: Arrival, content: dict[str, Any], audio: SessionAudio) -> None:
    content |= {"audio": audio.stored, "audioLost": audio.lost}
    try:
        store(arrival, upload.RECORDING, content, Delivery.Source.LIVEKIT_SESSION)
    except Refusal:
        if audio.stored:
            received.let_go(received.received_address(audio.stored["file"]))
        raise


def _slot(organization_id: UUID) -> Slot:
    """Take the slot of a long upload; where none is free, the sessions that ended
    together do not come again together.

    Raises:
        Refusal: 503, none is free.
    """
    try:
        return upload_slot(organization_id)
    except Refusal as refusal:
        again = random.uniform(*AGAIN_SECONDS)  # noqa: S311 - no secret
        raise Refusal(
            503, refusal.detail, headers=((RETRY_AFTER, str(int(again))),)
        ) from None


def _is_long(post: Post) -> bool:
    """Tell whether the body may still be arriving while it is read."""
    length = post.request.META.get("CONTENT_LENGTH") or ""
    return not length.isdigit() or int(length) > settings.MAX_BODY_BYTES


def _wanted() -> Wanted:
    kept = {"header": MAX_HEADER_BYTES, "chat_history": settings.MAX_BODY_BYTES}
    return Wanted("audio", settings.MAX_AUDIO_BYTES, kept, takes_rest=True)


def _header(parts: Parts) -> dict[str, Any]:
    if "header" not in parts.kept:
        raise Refusal(400, "The body has no part header: LiveKit's SDKs send one.")
    # What comes before the last part is whole.
    if parts.is_cut and "chat_history" not in parts.kept and parts.last != "audio":
        raise Refusal(400, ENDED_EARLY)
    try:
        return read_header(parts.kept["header"])
    except NotProtobuf as error:
        raise Refusal(400, f"The part header is not protobuf: it {error}.") from error


def _ids(header: dict[str, Any]) -> tuple[str, str]:
    summary = header.get("session_summary") or {}
    job = _id(header.get("job_id") or summary.get("job_id"))
    room = _id(header.get("room_id") or summary.get("room_id"))
    if not job and not room:
        raise Refusal(400, "The part header names neither a job nor a room.")
    return job, room


def _id(value: Any) -> str:
    text = value if isinstance(value, str) else ""
    return replace_unstorable(text[:MAX_ID_CHARACTERS])


def _names(post: Post, header: dict[str, Any]) -> dict[str, Any]:
    summary = header.get("session_summary") or {}
    return {
        "agentName": _id(summary.get("agent_name")),
        "agentSlug": post.address.agent,
        "apiKey": post.issuer,
    }


def _sent_history(parts: Parts) -> dict[str, Any] | None:
    """Return the chat history; one that was cut off is no JSON.

    Raises:
        Refusal: the body ended in it.
        BodyFault: it is no JSON.
    """
    sent = parts.kept.get("chat_history")
    if sent is None:
        return None
    try:
        return parse(sent, called="The part chat_history")
    except BodyFault as fault:
        if parts.is_cut and fault.status == 400:
            raise Refusal(400, ENDED_EARLY) from fault
        raise


def _history(
    sent: dict[str, Any] | None, *, is_redacted: bool
) -> dict[str, Any] | None:
    if sent is not None and is_redacted and not redaction.keeps_words():
        return redaction.history_without_words(sent)
    return sent
