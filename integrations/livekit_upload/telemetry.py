"""What posts of OpenTelemetry have in common, be it log records or spans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from django.conf import settings
from django.http import HttpRequest

from integrations import request_body
from integrations.ingest.webhook import read_stream
from integrations.livekit_upload.posts import Post
from integrations.problems import Refusal
from integrations.providers.livekit import wire
from web.storable_text import replace_unstorable

# Of one request; an SDK sends at most 512 records or spans, of one job or of few.
MAX_FIELDS = 100_000
MAX_JOBS = 50
# What every record repeats, and what is of no use for a session.
LEFT_OUT = {
    *("telemetry.sdk.language", "telemetry.sdk.name", "telemetry.sdk.version"),
    *("service.instance.id", "service.name", "logger.name", "process.pid"),
}


class Telemetry(Protocol):
    """A log record or a span."""

    @property
    def attributes(self) -> dict[str, Any]: ...


Item = TypeVar("Item", bound=Telemetry)


def read_telemetry(
    post: Post,
    from_protobuf: Callable[[bytes, wire.Budget], Iterable[Item]],
    from_json: Callable[[dict[str, Any]], Iterable[Item]],
    is_wanted: Callable[[bytes], bool] = lambda data: True,
) -> list[Item]:
    """Return what a post holds, empty where it has no body.

    is_wanted: tells by the bytes, unpacked, whether to read them.

    Raises:
        Refusal: 400, it is no OTLP.
        BodyFault: the body cannot be read.
    """
    headers = post.request.headers
    limit = settings.MAX_BODY_BYTES
    encoding = headers.get("Content-Encoding", "").strip().lower()
    if not _has_body(post.request):
        return []
    packed = read_stream(post.request, limit)
    data = request_body.decompress(packed, encoding or "identity", limit)
    if not data or not is_wanted(data):
        return []
    if "json" in headers.get("Content-Type", ""):
        return list(from_json(request_body.parse(data)))
    try:
        return list(from_protobuf(data, wire.Budget(MAX_FIELDS)))
    except wire.NotProtobuf as error:
        raise Refusal(400, f"The body is not OTLP as protobuf: it {error}.") from error


def _has_body(request: HttpRequest) -> bool:
    """Tell whether there may be one: chunked ones have no length."""
    length = request.META.get("CONTENT_LENGTH") or ""
    return length not in ("", "0") or "HTTP_TRANSFER_ENCODING" in request.META


def by_job(items: Iterable[Item]) -> dict[tuple[str, str], list[Item]]:
    """Return what belongs to each job and room; either id may be empty.

    Raises:
        Refusal: 413, it is of too many jobs.
    """
    found: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in items:
        found[_named(item, "job_id", "jobID"), _named(item, "room_id")].append(item)
    if len(found) > MAX_JOBS:
        raise Refusal(413, f"The records are of more than {MAX_JOBS} jobs.")
    return found


def agent_name_of(items: Iterable[Telemetry]) -> str:
    """Return the name that the agent is dispatched by; empty where none is told."""
    names = (_named(item, "lk.agent_name", "agent_name") for item in items)
    return next((name for name in names if name), "")


def _named(item: Telemetry, *names: str) -> str:
    found = (item.attributes.get(name) for name in names)
    text = next((one for one in found if isinstance(one, str) and one), "")
    return replace_unstorable(text[:255])


def kept_attributes(item: Telemetry) -> dict[str, Any]:
    """Return the attributes of an item that say something of it."""
    return {key: value for key, value in item.attributes.items() if key not in LEFT_OUT}
