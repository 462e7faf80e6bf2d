"""Log records of a job (`POST .../observability/logs/otlp/v0`): among the lines of the
worker's own log, the whole of a session once more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from integrations import request_body
from integrations.delivery_log.ignored import count_ignored, note_ignored
from integrations.ingest.webhook import read_stream
from integrations.livekit_upload import redaction
from integrations.livekit_upload.call_ids import call_id
from integrations.livekit_upload.counted import LOG_LINES
from integrations.livekit_upload.posts import Post, as_body, store
from integrations.models import Delivery
from integrations.problems import Refusal
from integrations.providers.livekit import otlp, upload, wire
from integrations.providers.livekit.otlp import LogRecord
from web.storable_text import replace_unstorable

# Of one request; an SDK sends at most 512 records, of one job or of few.
MAX_FIELDS = 100_000
MAX_JOBS = 50
MAX_REASON_CHARACTERS = 300
# What every record repeats, and what is of no use for a session.
LEFT_OUT = {
    *("telemetry.sdk.language", "telemetry.sdk.name", "telemetry.sdk.version"),
    *("service.instance.id", "service.name", "logger.name", "process.pid"),
}


def take_logs(post: Post) -> None:
    """Store what the records say of sessions, each job's as a delivery of its own, and
    count the others.

    Raises:
        Refusal: they cannot be read, or are of too many jobs.
        BodyFault: the body cannot be read.
    """
    by_job: dict[tuple[str, str], list[LogRecord]] = defaultdict(list)
    for record in _records(post):
        by_job[_ids(record)].append(record)
    if len(by_job) > MAX_JOBS:
        raise Refusal(413, f"The records are of more than {MAX_JOBS} jobs.")
    for (job, room), records in by_job.items():
        if (job or room) and any(map(upload.is_of_a_session, records)):
            _store(post, job, room, records)
        elif errors := [one for one in records if _is_error(one)]:
            _note_errors(post, job, room, errors)
        else:
            arrival = post.arrival()
            arrival.external_id = job or room
            count_ignored(arrival, reason=LOG_LINES)


def _records(post: Post) -> list[LogRecord]:
    headers = post.request.headers
    limit = settings.MAX_BODY_BYTES
    encoding = headers.get("Content-Encoding", "").strip().lower()
    if not _has_body(post.request):
        return []
    packed = read_stream(post.request, limit)
    data = request_body.decompress(packed, encoding or "identity", limit)
    if not data:
        return []
    if "json" in headers.get("Content-Type", ""):
        return list(otlp.read_json(request_body.parse(data)))
    try:
        return list(otlp.read_protobuf(data, wire.Budget(MAX_FIELDS)))
    except wire.NotProtobuf as error:
        raise Refusal(400, f"The body is not OTLP as protobuf: it {error}.") from error


def _has_body(request: HttpRequest) -> bool:
    """Tell whether there may be one: chunked ones have no length."""
    length = request.META.get("CONTENT_LENGTH") or ""
    return length not in ("", "0") or "HTTP_TRANSFER_ENCODING" in request.META


def _ids(record: LogRecord) -> tuple[str, str]:
    def named(*names: str) -> str:
        found = (record.attributes.get(name) for name in names)
        text = next((one for one in found if isinstance(one, str) and one), "")
        return replace_unstorable(text[:255])

    return named("job_id", "jobID"), named("room_id")


def _is_error(record: LogRecord) -> bool:
    return record.severity >= upload.ERROR_SEVERITY


def _store(post: Post, job: str, room: str, records: Sequence[LogRecord]) -> None:
    arrival = post.arrival()
    call = call_id(
        arrival.organization_id,
        job_id=job,
        room_sid=room,
        is_redacted=any(map(_asks_redaction, records)),
    )
    arrival.external_id = post.external_id = call.external_id
    kept = [one for one in records if upload.is_of_a_session(one) or _is_error(one)]
    name = _agent_name(records)
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


def _agent_name(records: Iterable[LogRecord]) -> str:
    for record in records:
        for key in ("lk.agent_name", "agent_name"):
            name = record.attributes.get(key)
            if isinstance(name, str) and name:
                return name[:255]
    return ""


def _asks_redaction(record: LogRecord) -> bool:
    options = record.attributes.get("session.options")
    recording = options.get("recording_options") if isinstance(options, dict) else None
    return isinstance(recording, dict) and recording.get("redaction") is True


def _as_json(record: LogRecord, *, is_redacted: bool) -> dict[str, Any]:
    attributes = {
        key: value for key, value in record.attributes.items() if key not in LEFT_OUT
    }
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
    name = _agent_name(errors)
    arrival.agent_reference = replace_unstorable(name or post.address.agent)[:255]
    lines = [_as_json(one, is_redacted=True) for one in errors]
    content = {"callId": arrival.external_id, "agentName": name, "records": lines}
    arrival.body = as_body(upload.LOGS, content)
    arrival.size = len(arrival.body)
    first = replace_unstorable(str(errors[0].body))[:MAX_REASON_CHARACTERS]
    note_ignored(arrival, f"The worker logged an error outside of a session: {first}")
