"""What a transcript's page is made of: something said, a tool used, a line between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

from conversations.stored_turns import StoredTurn
from conversations.turn_values import as_text, metric_of, pretty

BRIEF_LENGTH = 120
# Of a tool's name, of the id of a call, of a role.
MAX_NAME_CHARACTERS = 255
# Of a text that is laid out: indenting makes much of little.
MAX_SHOWN_CHARACTERS = 20_000
# What else was sent with a turn: so many keys, and so much of each.
MAX_DETAILS = 50
MAX_DETAIL_CHARACTERS = 2_000
# What a page shows in its own place; any other key of a turn is a detail.
SHOWN_KEYS = frozenset(
    {
        "role",
        "content",
        "id",
        "timestamp",
        "startedAt",
        "endedAt",
        "startSeconds",
        "endSeconds",
        "interrupted",
        "metrics",
        "kind",
        "toolName",
        "toolCallId",
        "arguments",
        "isError",
    }
)

# The kind of a turn that repeats the system prompt.
SYSTEM_PROMPT = "system_prompt"

Turn = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Entry:
    """One entry of the transcript.

    number: the turn's place in the transcript, from 1.
    at: seconds since the conversation's start, where it is known.
    silence: seconds of silence before it, where notable.
    heard_at: seconds into the recording, where there is one and this has a place in it.
    turn: as it was sent; empty where the page does not show it.
    size: characters of the JSON of its turns, as far as they may be shown.
    """

    shape: ClassVar[str]
    number: int
    at: float | None
    silence: float | None = None
    heard_at: float | None = None
    turn: Turn
    size: int = 0

    @property
    def last_number(self) -> int:
        return self.number

    @property
    def details(self) -> list[tuple[str, str]]:
        """Return what else was sent with it, as name and value."""
        return details_of(self.turn)


@dataclass(slots=True, kw_only=True)
class Speech(Entry):
    """Something said.

    latency: seconds from the end of the question to the first sound of this.
    is_slowest: of all answers of the conversation.
    """

    shape: ClassVar[str] = "speech"
    role: str
    speaker: str
    interrupted: bool
    latency: float | None
    is_slowest: bool = False

    @property
    def text(self) -> str:
        return as_text(self.turn.get("content"))

    @property
    def more(self) -> int:
        """Return how many characters of the text are left out."""
        return more_of(self.turn, "content")

    @property
    def model(self) -> float | None:
        """Return the seconds until the first word of the model."""
        return metric_of(self.turn, "llm_node_ttft")

    @property
    def voice(self) -> float | None:
        """Return the seconds until the first sound of the voice."""
        return metric_of(self.turn, "tts_node_ttfb")


@dataclass(slots=True, kw_only=True)
class ToolUse(Entry):
    """A call and its result, or the one of them that is there.

    answer: the turn of the result; none while it has not come. result_number: its place.
    took: seconds between the two. is_error: the tool failed.
    """

    shape: ClassVar[str] = "tool"
    called: bool
    answer: Turn | None = None
    result_number: int | None = None
    took: float | None = None
    is_error: bool = False

    @property
    def last_number(self) -> int:
        return max(self.number, self.result_number or 0)

    @property
    def name(self) -> str:
        return as_text(self.turn.get("toolName"))[:MAX_NAME_CHARACTERS] or "tool"

    @property
    def call_id(self) -> str:
        return as_text(self.turn.get("toolCallId"))[:MAX_NAME_CHARACTERS]

    @property
    def arguments(self) -> str:
        return self._arguments()[:MAX_SHOWN_CHARACTERS]

    @property
    def arguments_more(self) -> int:
        """Return how many characters of the arguments are left out, about."""
        if not self.called:
            return 0
        left = len(self._arguments()) - MAX_SHOWN_CHARACTERS
        return max(left, 0) + more_of(self.turn, self._arguments_key)

    @property
    def result(self) -> str:
        return self._result()[:MAX_SHOWN_CHARACTERS]

    @property
    def result_more(self) -> int:
        """Return how many characters of the result are left out, about."""
        left = len(self._result()) - MAX_SHOWN_CHARACTERS
        return max(left, 0) + more_of(self.answer or {}, "content")

    @property
    def _arguments_key(self) -> str:
        sent = self.turn.get("arguments") is not None
        return "arguments" if sent else "content"

    def _arguments(self) -> str:
        return pretty(self.turn.get(self._arguments_key)) if self.called else ""

    def _result(self) -> str:
        return pretty(self.answer.get("content")) if self.answer else ""

    @property
    def brief(self) -> str:
        """Return the arguments on one line, for the folded call."""
        return " ".join(self.arguments[: 4 * BRIEF_LENGTH].split())[:BRIEF_LENGTH]

    @property
    def details(self) -> list[tuple[str, str]]:
        if self.answer is None or self.answer is self.turn:
            return details_of(self.turn)
        of_result = [(f"result {name}", text) for name, text in details_of(self.answer)]
        return details_of(self.turn) + of_result


@dataclass(slots=True, kw_only=True)
class Marker(Entry):
    """Something that happened and nobody said: a handoff, a new configuration."""

    shape: ClassVar[str] = "marker"
    kind: str

    @property
    def text(self) -> str:
        if self.kind == SYSTEM_PROMPT:
            return ""
        return as_text(self.turn.get("content"))

    @property
    def more(self) -> int:
        """Return how many characters of the text are left out."""
        return more_of(self.turn, "content") if self.text else 0

    @property
    def label(self) -> str:
        return self.kind.replace("_", " ").capitalize()

    @property
    def line(self) -> str:
        return self.line_of(self.text)

    def line_of(self, text: str) -> str:
        """Return label and text, once where the text begins with the label."""
        if not text or self.kind == SYSTEM_PROMPT:
            return self.label
        if text.lower().startswith(self.label.lower()):
            return text[0].upper() + text[1:]
        return f"{self.label}: {text}"


AnyEntry = Speech | ToolUse | Marker


def more_of(turn: Turn, name: str) -> int:
    """Return how many characters of a turn's value were left in the database."""
    return turn.more.get(name, 0) if isinstance(turn, StoredTurn) else 0


def details_of(turn: Turn) -> list[tuple[str, str]]:
    """Return the keys that have no place of their own, and all metrics; the last one
    says how many more there are."""
    further = {name: turn[name] for name in turn if name not in SHOWN_KEYS}
    metrics = turn.get("metrics")
    if isinstance(metrics, dict):
        further |= {f"metrics.{name}": value for name, value in metrics.items()}
    elif metrics is not None:
        further["metrics"] = metrics
    details = _laid_out(further)
    left_out = len(further) - len(details)
    left_out += turn.left_out if isinstance(turn, StoredTurn) else 0
    return [*details, ("…", f"{left_out:,} more")] if left_out else details


def _laid_out(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, _cut(pretty(value) if _is_nested(value) else as_text(value)))
        for name, value in islice(values.items(), MAX_DETAILS)
    ]


def _is_nested(value: object) -> bool:
    return isinstance(value, dict | list) and bool(value)


def _cut(text: str) -> str:
    if len(text) <= MAX_DETAIL_CHARACTERS:
        return text
    return f"{text[:MAX_DETAIL_CHARACTERS]}…"
