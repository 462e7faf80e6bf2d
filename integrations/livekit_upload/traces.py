"""Spans of a job (`POST .../observability/traces/otlp/v0`): of all that an SDK traces,
the two that say why a session closed and why its job ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from integrations.delivery_log.ignored import count_ignored
from integrations.livekit_upload.call_ids import UploadedCall, call_id, is_known
from integrations.livekit_upload.posts import Post, store
from integrations.livekit_upload.sessions import WAIT_SECONDS
from integrations.livekit_upload.telemetry import (
    agent_name_of,
    by_job,
    kept_attributes,
    read_telemetry,
)
from integrations.models import Delivery
from integrations.providers.livekit import otlp, upload
from integrations.providers.livekit.otlp import Span
from integrations.providers.livekit.wire import Budget
from integrations.request_body import BodyFault
from web.storable_text import replace_unstorable

USED = (upload.SESSION_CLOSE, upload.JOB_SHUTDOWN)
TOO_LARGE = (
    "Traces larger than a body may be were not read. All that is used of traces is why "
    "a session closed."
)


def take_traces(post: Post) -> None:
    """Store why sessions closed, each job's as a delivery of its own; all other spans
    are dropped.

    Raises:
        Refusal: they cannot be read, or are of too many jobs.
        BodyFault: the body cannot be read.
    """
    try:
        spans = read_telemetry(post, _from_protobuf, _from_json)
    except BodyFault as fault:
        if fault.status != 413:
            raise
        # They hold whole prompts; a session is not missing because of them.
        count_ignored(post.arrival(), reason=TOO_LARGE)
        return
    for (job, room), of_job in by_job(spans).items():
        if _is_of_a_session(post, job, of_job):
            _store(post, job, room, of_job)


def _from_protobuf(data: bytes, budget: Budget) -> Iterator[Span]:
    return otlp.read_protobuf_spans(data, budget, USED)


def _from_json(payload: dict[str, Any]) -> Iterator[Span]:
    return otlp.read_json_spans(payload, USED)


def _is_of_a_session(post: Post, job: str, spans: Sequence[Span]) -> bool:
    """Tell whether the job had a session: one that crashed before it ends as well."""
    if any(span.name == upload.SESSION_CLOSE for span in spans):
        return bool(job)
    return is_known(post.arrival().organization_id, job)


def _store(post: Post, job: str, room: str, spans: Sequence[Span]) -> None:
    arrival = post.arrival()
    call = call_id(UploadedCall(arrival.organization_id, job, room))
    arrival.external_id = call.external_id
    name = agent_name_of(spans)
    arrival.agent_reference = replace_unstorable(name or post.address.agent)
    if not name:
        arrival.wait_seconds = WAIT_SECONDS
    content = {
        "callId": call.external_id,
        "agentName": name,
        "agentSlug": post.address.agent,
        "apiKey": post.issuer,
        "spans": [
            {
                "name": span.name,
                "ended": span.ended,
                "attributes": kept_attributes(span),
            }
            for span in spans
        ],
    }
    store(arrival, upload.TRACES, content, Delivery.Source.LIVEKIT_TRACES)
