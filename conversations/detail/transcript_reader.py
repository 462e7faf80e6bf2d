"""A transcript as its page shows it: who spoke when, what a tool was asked and said.

Pure: from the turns as the API gives them back to a list of entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from conversations.detail.transcript_entries import (
    AnyEntry,
    Marker,
    Speech,
    ToolUse,
    Turn,
)
from conversations.turn_values import as_text, metric_of, number_of, unix_time

# From here on a silence between two turns is worth a line, seconds.
NOTABLE_SILENCE = 5.0
# A start further than this from the first turn belongs to another clock, seconds.
CLOCKS_AGREE_WITHIN = 86_400.0
SPEAKERS = {"user": "User", "assistant": "Assistant", "system": "System"}


@dataclass(slots=True)
class TranscriptView:
    """A transcript, read. total: turns, of which a call and its result are one
    entry."""

    entries: list[AnyEntry] = field(default_factory=list)
    total: int = 0
    tool_calls: int = 0
    tool_errors: int = 0
    interruptions: int = 0
    slowest: Speech | None = None

    @property
    def slowest_answer(self) -> float | None:
        return self.slowest.latency if self.slowest else None


def read_transcript(
    turns: Sequence[Turn],
    *,
    started_at: datetime | None = None,
    system_prompt: str = "",
) -> TranscriptView:
    """Return what the page of a conversation shows of these turns.

    started_at: the conversation's start; the first turn's time where there is none,
        where it is earlier, or where the two are a day apart.
    system_prompt: shown beside the transcript, so a leading turn that repeats it
        becomes a line.
    """
    return _Reader(turns, started_at, system_prompt).read()


class _Reader:
    def __init__(
        self, turns: Sequence[Turn], started_at: datetime | None, system_prompt: str
    ) -> None:
        self.turns = turns
        self.system_prompt = system_prompt
        self.zero = _zero(turns, started_at)
        self.view = TranscriptView(total=len(turns))
        self.open_calls: dict[str, ToolUse] = {}
        self.previous_end: float | None = None
        self.answers = 0

    def read(self) -> TranscriptView:
        for number, turn in enumerate(self.turns, start=1):
            entry = self._entry(number, turn)
            if entry is None:
                continue
            entry.silence = self._silence(turn, entry)
            self.view.entries.append(entry)
        # One answer alone is not slower than others.
        if self.view.slowest and self.answers > 1:
            self.view.slowest.is_slowest = True
        return self.view

    def _entry(self, number: int, turn: Turn) -> AnyEntry | None:
        role = turn.get("role")
        if role == "tool":
            return self._tool(number, turn)
        if role == "system" and (kind := self._marker_kind(number, turn)):
            text = "" if kind == "system_prompt" else as_text(turn.get("content"))
            return Marker(
                number=number, at=self._at(turn), turn=turn, kind=kind, text=text
            )
        return self._speech(number, turn)

    def _marker_kind(self, number: int, turn: Turn) -> str:
        if kind := turn.get("kind"):
            return as_text(kind)
        repeats = as_text(turn.get("content")).strip() == self.system_prompt.strip()
        return "system_prompt" if number == 1 and repeats else ""

    def _speech(self, number: int, turn: Turn) -> Speech:
        role = as_text(turn.get("role"))
        speech = Speech(
            number=number,
            at=self._at(turn),
            turn=turn,
            role=role,
            speaker=SPEAKERS.get(role, role),
            text=as_text(turn.get("content")),
            interrupted=turn.get("interrupted") is True,
            latency=metric_of(turn, "e2e_latency"),
        )
        self.view.interruptions += speech.interrupted
        self.answers += speech.latency is not None
        if (speech.latency or 0.0) > (self.view.slowest_answer or 0.0):
            self.view.slowest = speech
        return speech

    def _tool(self, number: int, turn: Turn) -> ToolUse | None:
        call_id = as_text(turn.get("toolCallId"))
        waiting = self.open_calls.get(call_id) if call_id else None
        kind = turn.get("kind")
        is_result = kind == "result" or (kind != "call" and "arguments" not in turn)
        if is_result and waiting is not None:
            del self.open_calls[call_id]
            self._answer(waiting, number, turn)
            return None
        use = ToolUse(
            number=number,
            at=self._at(turn),
            turn=turn,
            name=as_text(turn.get("toolName")) or "tool",
            call_id=call_id,
            called=not is_result,
        )
        if is_result:
            self._answer(use, number, turn)
            return use
        self.view.tool_calls += 1
        if call_id:
            self.open_calls[call_id] = use
        return use

    def _answer(self, use: ToolUse, number: int, turn: Turn) -> None:
        use.answer = turn
        use.result_number = number
        self.view.tool_errors += use.is_error
        answered_at = self._at(turn)
        if number != use.number and use.at is not None and answered_at is not None:
            use.took = max(0.0, answered_at - use.at)

    def _at(self, turn: Turn) -> float | None:
        offset = number_of(turn.get("startSeconds"))
        if offset is not None:
            return max(0.0, offset)
        return self._since_start(_start(turn))

    def _since_start(self, moment: float | None) -> float | None:
        if moment is None or self.zero is None:
            return None
        return max(0.0, moment - self.zero)

    def _silence(self, turn: Turn, entry: AnyEntry) -> float | None:
        """Return the seconds between the end of what was said before and the start of
        this, where both were sent: a moment alone does not say how long somebody
        spoke."""
        if entry.shape != "speech":
            return None
        previous, self.previous_end = self.previous_end, self._end(turn)
        starts = "startedAt" in turn or "startSeconds" in turn
        if previous is None or entry.at is None or not starts:
            return None
        silence = entry.at - previous
        return silence if silence >= NOTABLE_SILENCE else None

    def _end(self, turn: Turn) -> float | None:
        offset = number_of(turn.get("endSeconds"))
        if offset is not None:
            return offset
        return self._since_start(unix_time(turn.get("endedAt")))


def _zero(turns: Sequence[Turn], started_at: datetime | None) -> float | None:
    """Return the Unix time that counts as 0:00."""
    first = next((at for turn in turns if (at := _start(turn)) is not None), None)
    if started_at is None:
        return first
    start = started_at.timestamp()
    if first is None:
        return start
    # Nothing was said before the start: then the start is what is wrong.
    return first if abs(first - start) > CLOCKS_AGREE_WITHIN else min(first, start)


def _start(turn: Turn) -> float | None:
    started = unix_time(turn.get("startedAt"))
    return started if started is not None else unix_time(turn.get("timestamp"))
