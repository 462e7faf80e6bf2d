"""Log records of a job (`POST .../observability/logs/otlp/v0`): among the lines of the
worker's own log, the whole of a session once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from integrations.delivery_log.ignored import note_ignored
from integrations.livekit_upload import counted_posts, redaction
from integrations.livekit_upload.call_ids import UploadedCall, call_id
from integrations.livekit_upload.posts import Post, as_body, store
from integrations.livekit_upload.telemetry import (
    agent_name_of,
    by_job,
    kept_attributes,
    read_telemetry,
)
from integrations.models import Delivery
from integrations.providers.livekit import otlp, upload
from integrations.providers.livekit.otlp import LogRecord
from web.storable_text import replace_unstorable

MAX_REASON_CHARACTERS = 300


def take_logs(post: Post) -> None:
    """Store what the records say of sessions, each job's as a delivery of its own, and
    count the others.

    Raises:
        Refusal: they cannot be read, or are of too many jobs.
        BodyFault: the body cannot be read.
    """

    def is_wanted(data: bytes) -> bool:
        # A session's records may be all that there is of it.
        is_read = upload.may_be_of_a_session(data)
        if counted_posts.is_over(post.check.key_id) and not is_read:
            counted_posts.count(post.arrival(), counted_posts.UNREAD)
            return False
        return True

    records_sent = read_telemetry(post, otlp.read_protobuf, otlp.read_json, is_wanted)
    for (job, room), records in by_job(records_sent).items():
        if (job or room) and any(map(upload.is_of_a_session, records)):
            _store(post, job, room, records)
        elif errors := [one for one in records if _is_error(one)]:
            _note_errors(post, job, room, errors)
        else:
            counted_posts.count(post.arrival(), counted_posts.LOG_LINES)


def _is_error(record: LogRecord) -> bool:
    return record.severity >= upload.ERROR_SEVERITY


def _store(post: Post, job: str, room: str, records: Sequence[LogRecord]) -> None:
    arrival = post.arrival()
    call = call_id(
        UploadedCall(
            arrival.organization_id,
            job_id=job,
            room_sid=room,
            item_ids=upload.item_ids_of(one.attributes for one in records),
            is_redacted=any(map(_asks_redaction, records)),
        )
    )
    arrival.external_id = post.external_id = call.external_id
    kept = [one for one in records if upload.is_of_a_session(one) or _is_error(one)]
    name = agent_name_of(records)
    arrival.agent_reference = replace_unstorable(name or post.address.agent)[:255]
    content = {
        "callId": call.external_id,
        "agentName": name,
        "agentSlug": post.address.agent,
        "apiKey": post.issuer,
        "redactionKept": settings.LIVEKIT_REDACTED if call.is_redacted else "",
        "records": [_as_json(one, is_redacted=call.is_redacted) for one in kept],
    }
    store(arrival, upload.LOGS, content, Delivery.Source.LIVEKIT_LOGS)


def _asks_redaction(record: LogRecord) -> bool:
    options = record.attributes.get("session.options")
    recording = options.get("recording_options") if isinstance(options, dict) else None
    return isinstance(recording, dict) and recording.get("redaction") is True


def _as_json(record: LogRecord, *, is_redacted: bool) -> dict[str, Any]:
    attributes = kept_attributes(record)
    if is_redacted and not redaction.keeps_words():
        attributes = _without_words(attributes)
    return {
        "scope": record.scope,
        "time": record.time,
        "severity": record.severity,
        "body": record.body,
        "attributes": attributes,
    }


def _without_words(attributes: dict[str, Any]) -> dict[str, Any]:
    item = attributes.get("chat.item")
    if isinstance(item, dict):
        stripped = {
            kind: redaction.without_words(values) if isinstance(values, dict) else None
            for kind, values in item.items()
        }
        return attributes | {"chat.item": stripped}
    return attributes


def _note_errors(post: Post, job: str, room: str, errors: list[LogRecord]) -> None:
    """Note what went wrong in a job outside of a session: mostly why there is none."""
    arrival = post.arrival()
    arrival.external_id = job or room
    name = agent_name_of(errors)
    arrival.agent_reference = replace_unstorable(name or post.address.agent)[:255]
    lines = [_as_json(one, is_redacted=True) for one in errors]
    content = {"callId": arrival.external_id, "agentName": name, "records": lines}
    arrival.body = as_body(upload.LOGS, content)
    arrival.size = len(arrival.body)
    first = replace_unstorable(str(errors[0].body))[:MAX_REASON_CHARACTERS]
    note_ignored(arrival, f"The worker logged an error outside of a session: {first}")
