"""What is sent of a session: LiveKit's own report of it."""

from __future__ import annotations

import copy
import json
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zelto_livekit.settings import Redact

if TYPE_CHECKING:
    from livekit.agents import JobContext

logger = logging.getLogger("zelto")
WITHHELD = "[withheld: the worker's redact function failed on this turn]"
# What says which turn it is, and nothing of what was said.
SAFE_FIELDS = ("id", "type", "role", "call_id", "created_at")
TEXT_FIELD = {"message": "content", "function_call_output": "output"}


class NoSessionError(Exception):
    """The job ended before it had a session."""


def session_body(ctx: JobContext, agent_id: str) -> dict[str, Any]:
    """Return the body of a session that has ended.

    Raises:
        NoSessionError: where there was none.

    """
    try:
        report = ctx.make_session_report()
        written = written_of(report)
    except Exception as error:
        # No session, or a recorder that did not stop: the history is there all the same.
        body = body_so_far(ctx, agent_id)
        logger.warning(
            "LiveKit made no report of session %s (%s): what was said is sent",
            *(ctx.job.id, type(error).__name__),
        )
        return body
    call = {"externalId": report.job_id, "startedAt": report.started_at}
    for event in report.events:
        if (
            event.type == "close"
        ):  # the end of the call; the report is made a little later
            call |= {"endedAt": event.created_at, "endedReason": event.reason}
    # The events are large, and say again what is in the history. A path is of no use.
    left_out = {"events": None, "duration_ms": None, "audio_recording_path": None}
    return {
        "agent": {"externalId": ctx.job.agent_name or agent_id},
        "call": call,
        "sessionReport": written | left_out,
    }


def written_of(report: Any) -> dict[str, Any]:
    """Return the report as LiveKit writes it, without its events where that is possible.

    They are thousands in a long session, and writing them holds up the event loop.
    """
    try:
        written: dict[str, Any] = report.to_dict(include_events=False)
    except TypeError:  # an older release
        written = report.to_dict()
    return written


def body_so_far(ctx: JobContext, agent_id: str) -> dict[str, Any]:
    """Return the body of a session as far as it has come.

    Raises:
        NoSessionError: where there is none.

    """
    try:
        session = ctx.primary_session
    except RuntimeError as error:
        raise NoSessionError from error
    started_at = getattr(session, "_started_at", None)
    return {
        "agent": {"externalId": ctx.job.agent_name or agent_id},
        "call": {"externalId": ctx.job.id, "startedAt": started_at},
        "sessionReport": {
            "job_id": ctx.job.id,
            "room_id": ctx.job.room.sid,
            "room": ctx.job.room.name,
            "agent_name": ctx.job.agent_name,
            "chat_history": session.history.to_dict(exclude_timestamp=False),
            "timestamp": time.time(),
        },
    }


def as_of_dead_job(body: dict[str, Any]) -> dict[str, Any]:
    """Mark what is written before the end: it is sent only where the end never came."""
    ended = {
        "endedAt": body["sessionReport"]["timestamp"],
        "endedReason": "worker_died",
    }
    return body | {
        "call": body["call"] | ended,
        "metadata": {**body.get("metadata", {}), "partial": True},
    }


def recording_of(ctx: JobContext) -> tuple[Path, float] | None:
    """Return the SDK's own recording and its start in Unix seconds, None without one."""
    try:
        report = ctx.make_session_report()
    except RuntimeError:
        return None
    path, started_at = report.audio_recording_path, report.audio_recording_started_at
    if path is None or started_at is None:
        return None
    path = Path(path)
    return (path, started_at) if path.is_file() and path.stat().st_size else None


def encode(body: dict[str, Any], redact: Redact | None) -> bytes:
    """Return the bytes that are written and sent, each turn as `redact` leaves it."""
    if redact is not None:
        history = body["sessionReport"].get("chat_history") or {}
        items = [redacted(item, redact) for item in history.get("items") or []]
        kept = {"items": [item for item in items if item is not None]}
        report = body["sessionReport"] | {"chat_history": history | kept}
        body = body | {"sessionReport": report}
    return json.dumps(body, default=str).encode()


def redacted(item: dict[str, Any], redact: Redact) -> dict[str, Any] | None:
    """Return what the worker's function leaves of a turn; where it fails, no word of it."""
    try:
        left = redact(copy.deepcopy(item))
        if left is None or isinstance(left, dict):
            return left
        why = f"it returned {type(left).__name__}"
    except Exception as error:  # theirs, and its text may hold what was said
        why = type(error).__name__
    logger.error("redact failed on a turn, which is withheld: %s", why)
    safe = {name: item[name] for name in SAFE_FIELDS if name in item}
    kind = item.get("type", "")
    if kind in TEXT_FIELD:
        safe[TEXT_FIELD[kind]] = [WITHHELD] if kind == "message" else WITHHELD
    if kind == "function_call":
        safe |= {"name": "withheld", "arguments": "{}"}
    if kind == "function_call_output":
        safe |= {"is_error": bool(item.get("is_error"))}
    return safe
