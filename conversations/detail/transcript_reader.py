"""A transcript as its page shows it: who spoke when, what a tool was asked and said.

Pure: from the turns as the API gives them back, one after the other, to a list of
entries. What the turns hold is let go of once it is more than a page shows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from conversations.detail.transcript_entries import (
    MAX_NAME_CHARACTERS,
    SYSTEM_PROMPT,
    AnyEntry,
    Marker,
    Speech,
    ToolUse,
    Turn,
)
from conversations.stored_turns import StoredTurn
from conversations.turn_values import as_text, metric_of, number_of, unix_time

# From here on a silence between two turns is worth a line, seconds.
NOTABLE_SILENCE = 5.0
# A start further than this from the first turn belongs to another clock, seconds.
CLOCKS_AGREE_WITHIN = 86_400.0
# Characters of JSON up to which the turns stay with their entries.
KEPT_CHARACTERS = 400_000
# When a turn was, for its place in a recording.
TIMES = ("role", "startSeconds", "endSeconds", "startedAt", "endedAt", "timestamp")
SPEAKERS = {"user": "User", "assistant": "Assistant", "system": "System"}


@dataclass(slots=True)
class TranscriptView:
    """A transcript, read. total: turns, of which a call and its result are one
    entry. is_light: the turns themselves are to be read again, for those that are shown.
    times: of each turn who spoke and when, as it was sent, where that was asked for.
    """

    entries: list[AnyEntry] = field(default_factory=list)
    total: int = 0
    tool_calls: int = 0
    tool_errors: int = 0
    interruptions: int = 0
    slowest: Speech | None = None
    is_light: bool = False
    times: list[Turn] = field(default_factory=list)

    @property
    def slowest_answer(self) -> float | None:
        return self.slowest.latency if self.slowest else None


def read_transcript(
    turns: Iterable[Turn],
    *,
    started_at: datetime | None = None,
    system_prompt: str = "",
    with_times: bool = False,
) -> TranscriptView:
    """Return what the page of a conversation shows of these turns.

    started_at: the conversation's start; the first turn's time where there is none,
        where it is earlier, or where the two are a day apart.
    system_prompt: shown beside the transcript, so a leading turn that repeats it
        becomes a line.
    """
    return _Reader(started_at, system_prompt, with_times=with_times).read(turns)


def give_back(entries: Iterable[AnyEntry], turns: Mapping[int, Turn]) -> None:
    """Give entries of a light view the turns that they show, by number."""
    for entry in entries:
        entry.turn = turns.get(entry.number, {})
        if isinstance(entry, ToolUse) and entry.result_number is not None:
            entry.answer = turns.get(entry.result_number, {})


class _Reader:
    def __init__(
        self, started_at: datetime | None, system_prompt: str, *, with_times: bool
    ) -> None:
        self.started_at = started_at
        self.system_prompt = system_prompt
        self.with_times = with_times
        self.zero = started_at.timestamp() if started_at else None
        self.has_zero = False
        self.view = TranscriptView()
        self.kept = 0
        self.open_calls: dict[str, ToolUse] = {}
        self.previous_end: float | None = None
        self.answers = 0

    def read(self, turns: Iterable[Turn]) -> TranscriptView:
        for number, turn in enumerate(turns, start=1):
            self._begin(turn)
            entry = self._entry(number, turn)
            self.view.total = number
            if entry is not None:
                entry.size += _size(turn)
                entry.silence = self._silence(turn, entry)
                self.view.entries.append(entry)
            self._keep(turn, entry)
        # One answer alone is not slower than others.
        if self.view.slowest and self.answers > 1:
            self.view.slowest.is_slowest = True
        return self.view

    def _begin(self, turn: Turn) -> None:
        if not self.has_zero and (first := _start(turn)) is not None:
            self.has_zero = True
            self.zero = _zero(first, self.started_at)
        if self.with_times:
            times = {name: turn[name] for name in TIMES if name in turn}
            self.view.times.append(times)

    def _keep(self, turn: Turn, entry: AnyEntry | None) -> None:
        """Let go of what the turns hold once it is too much."""
        self.kept += _size(turn)
        if self.view.is_light:
            give_back([entry] if entry else (), {})
        elif self.kept > KEPT_CHARACTERS:
            self.view.is_light = True
            give_back(self.view.entries, {})

    def _entry(self, number: int, turn: Turn) -> AnyEntry | None:
        role = turn.get("role")
        if role == "tool":
            return self._tool(number, turn)
        if role == "system" and (kind := self._marker_kind(number, turn)):
            return Marker(number=number, at=self._at(turn), turn=turn, kind=kind)
        return self._speech(number, turn)

    def _marker_kind(self, number: int, turn: Turn) -> str:
        if kind := turn.get("kind"):
            return as_text(kind)[:MAX_NAME_CHARACTERS]
        repeats = as_text(turn.get("content")).strip() == self.system_prompt.strip()
        return SYSTEM_PROMPT if number == 1 and repeats else ""

    def _speech(self, number: int, turn: Turn) -> Speech:
        role = as_text(turn.get("role"))[:MAX_NAME_CHARACTERS]
        speech = Speech(
            number=number,
            at=self._at(turn),
            turn=turn,
            role=role,
            speaker=SPEAKERS.get(role, role),
            interrupted=turn.get("interrupted") is True,
            latency=metric_of(turn, "e2e_latency"),
        )
        self.view.interruptions += speech.interrupted
        self.answers += speech.latency is not None
        if (speech.latency or 0.0) > (self.view.slowest_answer or 0.0):
            self.view.slowest = speech
        return speech

    def _tool(self, number: int, turn: Turn) -> ToolUse | None:
        call = _call_of(turn)
        waiting = self.open_calls.get(call) if call else None
        kind = turn.get("kind")
        is_result = kind == "result" or (kind != "call" and "arguments" not in turn)
        if is_result and waiting is not None:
            del self.open_calls[call]
            self._answer(waiting, number, turn)
            waiting.size += _size(turn)
            if self.view.is_light:
                waiting.answer = {}
            return None
        use = ToolUse(number=number, at=self._at(turn), turn=turn, called=not is_result)
        if is_result:
            self._answer(use, number, turn)
            return use
        self.view.tool_calls += 1
        if call:
            self.open_calls[call] = use
        return use

    def _answer(self, use: ToolUse, number: int, turn: Turn) -> None:
        use.answer = turn
        use.result_number = number
        use.is_error = turn.get("isError") is True
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


def _zero(first: float, started_at: datetime | None) -> float:
    """Return the Unix time that counts as 0:00. first: of the first turn with one."""
    if started_at is None:
        return first
    start = started_at.timestamp()
    # Nothing was said before the start: then the start is what is wrong.
    return first if abs(first - start) > CLOCKS_AGREE_WITHIN else min(first, start)


def _start(turn: Turn) -> float | None:
    started = unix_time(turn.get("startedAt"))
    return started if started is not None else unix_time(turn.get("timestamp"))


def _call_of(turn: Turn) -> str:
    """Return what joins a call and its result, short also where that is long."""
    call = as_text(turn.get("toolCallId"))
    if len(call) <= MAX_NAME_CHARACTERS:
        return call
    return hashlib.blake2b(call.encode(errors="replace"), digest_size=16).hexdigest()


def _size(turn: Turn) -> int:
    return turn.size if isinstance(turn, StoredTurn) else 0
