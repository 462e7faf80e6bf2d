"""A session as a body to post, in the shape that its agent's worker uses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from integrations.demo.agents import Shape
from integrations.demo.session import Session, usage
from integrations.providers.faults import Faults
from integrations.providers.livekit import chat_items

Body = dict[str, Any]

SDK_VERSION = "1.8.9"


def external_id(session: Session) -> str:
    """Return `call.externalId`, for which each shape uses an id of its own."""
    shape = session.agent.shape
    if shape is Shape.REPORT:
        return session.job_id
    if shape in (Shape.REPORT_INSIDE, Shape.ITEMS, Shape.SMALLEST):
        return session.room_sid
    if shape is Shape.OFFSETS:
        return f"{session.campaign}-{session.token[:10]}"
    return session.room


def body(session: Session) -> Body:
    """Return the body that the worker of the session's agent posts."""
    return SHAPES[session.agent.shape](session)


def _canonical(session: Session) -> Body:
    return _common(session) | {
        "systemPrompt": session.agent.prompt,
        "transcript": {"turns": _turns(session)},
        "metadata": _location(session)
        | {
            "room": session.room,
            "roomSid": session.room_sid,
            "jobId": session.job_id,
            "sdkVersion": SDK_VERSION,
            "userTurns": _user_turns(session),
            "usage": usage(session),
            "errors": _errors(session),
            "closeReason": _close_reason(session),
        },
    }


def _turns(session: Session) -> list[Body]:
    """Return the turns as Zelto's own adapter reads them from the items."""
    return chat_items.turns(session.items, "items", Faults())


def _report_inside(session: Session) -> Body:
    return _common(session) | {
        "metadata": _location(session),
        "sessionReport": _report(session),
    }


def _bare_report(session: Session) -> Body:
    return _report(session) | {
        "agent": {"name": session.agent.name},
        "version": session.version,
        "metadata": _location(session),
    }


def _items(session: Session) -> Body:
    return _common(session) | {
        "transcript": {"items": session.items},
        "metadata": _location(session) | {"room": session.room},
    }


def _smallest(session: Session) -> Body:
    return {
        "agent": {"externalId": session.agent.external_id},
        "call": {"externalId": external_id(session)},
        "transcript": {
            "turns": [
                {"role": item["role"], "content": item["content"][0]}
                for item in session.messages
            ]
        },
    }


def _offsets(session: Session) -> Body:
    start = session.started_at.timestamp()
    turns = []
    for item in session.messages:
        spoken = item["metrics"]
        turns.append(
            {
                "role": item["role"],
                "content": item["content"][0],
                "startSeconds": round(spoken["started_speaking_at"] - start, 2),
                "endSeconds": round(spoken["stopped_speaking_at"] - start, 2),
                "interrupted": item["interrupted"],
            }
        )
    return _common(session) | {
        "systemPrompt": session.agent.prompt,
        "transcript": {"turns": turns},
        "metadata": {
            "campaign": session.campaign,
            "region": session.region,
            "attempt": 1 + session.number % 3,
            "dialler": {"name": "example-dialler", "line": session.number % 8},
        },
    }


SHAPES: dict[Shape, Callable[[Session], Body]] = {
    Shape.CANONICAL: _canonical,
    Shape.REPORT_INSIDE: _report_inside,
    Shape.REPORT: _bare_report,
    Shape.ITEMS: _items,
    Shape.SMALLEST: _smallest,
    Shape.OFFSETS: _offsets,
}


def _common(session: Session) -> Body:
    call: Body = {
        "externalId": external_id(session),
        "startedAt": _iso(session.started_at),
        "endedAt": _iso(session.ended_at),
        "durationSeconds": session.duration,
        "endedReason": session.ended_reason,
    }
    if session.cost is not None:
        call["cost"] = session.cost
    if session.customer:
        call["customer"] = session.customer
    agent = {"externalId": session.agent.external_id, "name": session.agent.name}
    return {"agent": agent, "call": call, "version": session.version}


def _report(session: Session) -> Body:
    recorded = session.started_at.timestamp() if session.is_recorded else None
    return {
        "job_id": session.job_id,
        "room_id": session.room_sid,
        "room": session.room,
        "agent_name": session.agent.external_id,
        "events": [],
        "audio_recording_path": None,
        "audio_recording_started_at": recorded,
        "options": {"allow_interruptions": True, "max_tool_steps": 3},
        "chat_history": {"items": session.items},
        "timestamp": round(session.ended_at.timestamp(), 4),
        "usage": usage(session),
        "sdk_version": SDK_VERSION,
        "tags": [],
        "duration_ms": round(session.duration * 1000),
        "user_turns": _user_turns(session),
        "errors": _errors(session),
        "close_reason": _close_reason(session),
    }


def _location(session: Session) -> Body:
    location: Body = {"region": session.region, "language": session.language.code}
    if session.number % 4 == 0:
        location["campaign"] = session.campaign
    return location


def _user_turns(session: Session) -> int:
    return sum(item["role"] == "user" for item in session.messages)


def _errors(session: Session) -> dict[str, int]:
    failed = 4 if session.ended_reason == "error" else 0
    return {"llm": failed, "stt": 0, "tts": 0, "realtime": 0, "interruption": 0}


def _close_reason(session: Session) -> str:
    return f"CR_{session.ended_reason.upper()}"


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
