"""What the hook is handed, as far as it looks at it, without livekit-agents."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

STARTED_AT = 1764424000.0


class History:
    def __init__(self, *said: str) -> None:
        self.items = [
            {
                "id": f"item_{index}",
                "type": "message",
                "role": "user",
                "content": [words],
            }
            for index, words in enumerate(said)
        ]

    def to_dict(self, *, exclude_timestamp: bool) -> dict[str, Any]:
        assert not exclude_timestamp
        return {"items": [dict(item) for item in self.items]}


class Context:
    """A job with a session in which this was said. It ended where there is a report."""

    def __init__(
        self,
        job_id: str,
        *said: str,
        recording: Path | None = None,
        has_session: bool = True,
        has_report: bool = True,
    ) -> None:
        room = SimpleNamespace(sid="RM_1", name="room")
        self.job = SimpleNamespace(id=job_id, agent_name="", room=room)
        self.history = History(*said)
        self.recording = recording
        self.has_session = has_session
        self.has_report = has_report

    @property
    def primary_session(self) -> Any:
        if not self.has_session:
            raise RuntimeError("No session")
        return SimpleNamespace(history=self.history, _started_at=STARTED_AT)

    def make_session_report(self) -> Any:
        if not (self.has_session and self.has_report):
            raise RuntimeError("Cannot prepare report")
        closed = SimpleNamespace(
            type="close", created_at=STARTED_AT + 60, reason="error"
        )
        return SimpleNamespace(
            job_id=self.job.id,
            started_at=STARTED_AT,
            events=[closed],
            audio_recording_path=self.recording,
            audio_recording_started_at=STARTED_AT if self.recording else None,
            to_dict=lambda: {
                "job_id": self.job.id,
                "chat_history": self.history.to_dict(exclude_timestamp=False),
                "timestamp": time.time(),
                "events": [{"type": "close"}] * 10,
                "audio_recording_path": str(self.recording),
            },
        )
