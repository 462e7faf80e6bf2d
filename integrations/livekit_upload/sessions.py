"""The session itself: one multipart body with its header, its chat history and, where
it was recorded, its audio (`POST .../observability/recordings/v0`).
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.conf import settings

from conversations.recordings import received
from conversations.recordings.incoming import incoming_file
from integrations.delivery_log.append import Arrival
from integrations.livekit_upload import redaction
from integrations.livekit_upload.call_ids import call_id
from integrations.livekit_upload.posts import PROVIDER, Post, store
from integrations.models import Delivery, LiveKitCall
from integrations.problems import Refusal
from integrations.providers.livekit import upload
from integrations.providers.livekit.wire import NotProtobuf
from integrations.request_body import parse
from integrations.uploads.multipart import Parts, Wanted, read_parts
from integrations.uploads.raw_body import is_long
from integrations.uploads.take import upload_slot
from web.storable_text import replace_unstorable

MAX_HEADER_BYTES = 1024 * 1024
# For the logs, which name the agent, and mostly come at once behind it.
WAIT_SECONDS = 3.0
MAX_ID_CHARACTERS = 255


def take_session(post: Post) -> None:
    """Store a session with its audio.

    Raises:
        Refusal: it is not one, or cannot be stored just now.
        BodyFault: the body cannot be read.
        OSError: there is no room for the audio.
    """
    arrival = post.arrival()
    with ExitStack() as leaving:
        if is_long(post.request):
            leaving.enter_context(upload_slot(arrival.organization_id))
        path = leaving.enter_context(incoming_file())
        with path.open("wb") as file:
            parts = read_parts(post.request, file, _wanted())
        header = _header(parts)
        job, room = _ids(header)
        call = call_id(
            arrival.organization_id,
            job_id=job,
            room_sid=room,
            is_redacted=bool(header.get("redaction_enabled")),
        )
        arrival.external_id = call.external_id
        content = {
            "callId": call.external_id,
            **_names(post, header),
            "header": header,
            "chatHistory": _history(parts, is_redacted=call.is_redacted),
            "audio": _audio(parts, path, call),
        }
    arrival.agent_reference = content["agentName"] or arrival.agent_reference
    if not content["agentName"]:
        arrival.wait_seconds = WAIT_SECONDS
    _store(arrival, content)


def _store(arrival: Arrival, content: dict[str, Any]) -> None:
    try:
        store(arrival, upload.RECORDING, content, Delivery.Source.LIVEKIT_SESSION)
    except Refusal:
        if content["audio"]:
            received.let_go(received.received_address(content["audio"]["file"]))
        raise


def _wanted() -> Wanted:
    kept = {"header": MAX_HEADER_BYTES, "chat_history": settings.MAX_BODY_BYTES}
    return Wanted("audio", settings.MAX_AUDIO_BYTES, kept)


def _header(parts: Parts) -> dict[str, Any]:
    if "header" not in parts.kept:
        raise Refusal(400, "The body has no part header: LiveKit's SDKs send one.")
    try:
        return upload.read_header(parts.kept["header"])
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


def _history(parts: Parts, *, is_redacted: bool) -> dict[str, Any] | None:
    sent = parts.kept.get("chat_history")
    if sent is None:
        return None
    history = parse(sent, called="The part chat_history")
    if is_redacted and not redaction.keeps_words():
        return redaction.history_without_words(history)
    return history


def _audio(parts: Parts, path: Path, call: LiveKitCall) -> dict[str, Any] | None:
    if not parts.file_bytes or (call.is_redacted and not redaction.keeps_audio()):
        return None
    name = received.keep(
        call.organization_id,
        path,
        provider=PROVIDER,
        external_id=call.external_id,
    )
    return {"file": name, "bytes": parts.file_bytes}
