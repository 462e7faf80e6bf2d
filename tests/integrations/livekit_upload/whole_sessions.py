"""Whether sessions of a real worker that has no line of ours are here as it held them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models.functions import Now

from conversations.detail.channel_names import ChannelBasis, names_of_channels
from conversations.detail.turn_alignment import Alignment, Basis, Place, align_turns
from conversations.models import Conversation, Recording
from conversations.recordings.fetch_worker import fetch
from integrations.models import Delivery
from tests.integrations.livekit_worker.worker import WorkerRun, run_worker

TEXT = ("order", "tool_error", "handoff", "unicode")
VOICE = "voice"
SPOKEN = {"user": 0, "assistant": 1}  # by the role: left and right
# Of 255: a tone is well above, and silence below.
LOUD = 40


def run_uploading(
    base_url: str,
    token: str,
    process: Callable[[], None],
    *scenarios: str,
    release: str | None = None,
) -> WorkerRun:
    """Run a worker that uploads each session to this token, and process what came."""
    worker = run_worker(
        None,
        *scenarios,
        key=None,
        upload_url=f"{base_url}/livekit/{token}/desk",
        agent_name="support-line",
        is_dispatched=True,
        release=release,
    )
    Delivery.objects.filter(next_try_at__gt=Now()).update(next_try_at=Now())
    process()
    return worker


def assert_whole(worker: WorkerRun, room: str) -> Conversation:
    """Compare a session with what it held itself when it was over."""
    session = worker.sessions[room]
    assert session.report is not None
    call = Conversation.objects.get(external_id=session.job_id)
    assert told(call.transcript.turns or []) == held(
        session.report["chat_history"]["items"]
    )
    assert call.agent.external_id == "support-line"
    assert call.metadata["room"] == room
    assert call.metadata["livekitApiKey"] == "APIofThisTest"
    assert call.metadata["sdkVersion"] == session.report["sdk_version"]
    assert call.started_at is not None
    assert call.ended_at is not None
    assert not call.is_test
    return call


def told(turns: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What there is to compare of each turn of a conversation."""
    return [
        (
            turn["id"],
            turn.get("kind") or turn["role"],
            turn.get("arguments") or turn["content"].strip(),
            bool(turn.get("interrupted") or turn.get("isError")),
        )
        for turn in turns
    ]


def held(items: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The same of the items of a session."""
    found = []
    seen_kinds = set()
    for item in items:
        kind, flag = item["type"], item.get("interrupted") or item.get("is_error")
        is_first = kind not in seen_kinds
        seen_kinds.add(kind)
        if kind == "message" and item["role"] in SPOKEN:
            words = "\n".join(item["content"]).strip()
            found.append((item["id"], item["role"], words, bool(flag)))
        elif kind == "function_call":
            found.append((item["id"], "call", item["arguments"], False))
        elif kind == "function_call_output":
            found.append((item["id"], "result", item["output"], bool(flag)))
        elif kind == "agent_handoff" and item.get("old_agent_id"):
            words = f"handoff: {item['old_agent_id']} -> {item['new_agent_id']}"
            found.append((item["id"], "handoff", words, False))
        elif kind == "agent_config_update" and not is_first:
            words = (item.get("instructions") or "").strip()
            found.append((item["id"], "config_update", words, False))
    return found


def assert_heard(worker: WorkerRun, call: Conversation) -> None:
    """Compare the recording of a session with when it says that each turn was spoken:
    the caller is left, the agent right, and both are where the SDK put them.
    """
    claimed = Recording.claim_next()
    assert claimed is not None
    fetch(claimed)
    recording = Recording.objects.get(conversation=call)
    assert recording.public_state == "stored", recording.last_error
    assert recording.content_type == "audio/ogg"
    assert recording.channels == 2
    length = recording.duration_seconds
    assert length
    report = worker.sessions[call.metadata["room"]].report
    assert report is not None
    assert call.metadata["recordingStartedAt"] == pytest.approx(
        report["audio_recording_started_at"]
    )
    turns = call.transcript.turns or []
    placing = align_turns(
        turns,
        length=length,
        metadata=call.metadata,
        call_started_at=call.started_at,
    )
    assert placing.basis is Basis.RECORDING_START
    assert names_of_channels(
        peaks=recording.peaks,
        length=length,
        turns=turns,
        placing=placing,
        metadata=call.metadata,
    ) == (["User", "Agent"], ChannelBasis.SENT)
    assert heard(turns, placing, recording.peaks, length) == [
        [turn["role"] == "user", turn["role"] == "assistant"]
        for turn in turns
        if turn["role"] in SPOKEN
    ]


def heard(
    turns: list[dict[str, Any]],
    placing: Alignment,
    peaks: list[list[int]],
    length: float,
) -> list[list[bool]]:
    """For each turn that was spoken, whether there is sound left and right in its middle."""

    def is_loud(channel: list[int], place: Place) -> bool:
        assert place.end is not None
        middle = (place.start + place.end) / 2
        return channel[int(middle / length * len(channel))] > LOUD

    return [
        [is_loud(channel, placing.places[number]) for channel in peaks]
        for number, turn in enumerate(turns, start=1)
        if turn["role"] in SPOKEN
    ]
