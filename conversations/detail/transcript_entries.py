"""What a transcript's page is made of: something said, a tool used, a line between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from conversations.turn_values import as_text, metric_of, pretty

BRIEF_LENGTH = 120
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

Turn = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Entry:
    """One entry of the transcript.

    number: the turn's place in the transcript, from 1.
    at: seconds since the conversation's start, where it is known.
    silence: seconds of silence before it, where notable.
    heard_at: seconds into the recording, where there is one and this has a place in it.
    turn: as it was sent.
    """

    shape: ClassVar[str]
    number: int
    at: float | None
    silence: float | None = None
    heard_at: float | None = None
    turn: Turn

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
    text: str
    interrupted: bool
    latency: float | None
    is_slowest: bool = False

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
    took: seconds between the two.
    """

    shape: ClassVar[str] = "tool"
    name: str
    call_id: str
    called: bool
    answer: Turn | None = None
    result_number: int | None = None
    took: float | None = None

    @property
    def last_number(self) -> int:
        return max(self.number, self.result_number or 0)

    @property
    def is_error(self) -> bool:
        return self.answer is not None and self.answer.get("isError") is True

    @property
    def arguments(self) -> str:
        if not self.called:
            return ""
        arguments = self.turn.get("arguments")
        return pretty(arguments if arguments is not None else self.turn.get("content"))

    @property
    def result(self) -> str:
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
    text: str

    @property
    def label(self) -> str:
        return self.kind.replace("_", " ").capitalize()

    @property
    def line(self) -> str:
        """Return label and text, once where the text begins with the label."""
        if not self.text:
            return self.label
        if self.text.lower().startswith(self.label.lower()):
            return self.text[0].upper() + self.text[1:]
        return f"{self.label}: {self.text}"


AnyEntry = Speech | ToolUse | Marker


def details_of(turn: Turn) -> list[tuple[str, str]]:
    """Return the keys that have no place of their own, and all metrics."""
    further = {name: turn[name] for name in turn if name not in SHOWN_KEYS}
    metrics = turn.get("metrics")
    if isinstance(metrics, dict):
        further |= {f"metrics.{name}": value for name, value in metrics.items()}
    elif metrics is not None:
        further["metrics"] = metrics
    return [(name, _laid_out(value)) for name, value in further.items()]


def _laid_out(value: object) -> str:
    return pretty(value) if isinstance(value, dict | list) and value else as_text(value)
