"""The items of LiveKit's chat context as turns.

Names are the Python SDK's; the Node SDK writes the same in camel case and times in
milliseconds. An item that does not fit loses what does not fit, never the call.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from conversations.turn_values import is_number
from integrations.providers.canonical.schema import MAX_TURNS
from integrations.providers.content_parts import lost_parts, words_beside, words_of
from integrations.providers.faults import FaultKind, Faults, shown
from integrations.providers.scalars import moment

ROLES = {
    "user": "user",
    "assistant": "assistant",
    "system": "system",
    "developer": "system",
}
CONFIG_UPDATE = "agent_config_update"


class Item:
    """One item: its values by the SDK's names; what cannot be read is warned of."""

    def __init__(self, values: dict[str, Any], path: str, warnings: Faults) -> None:
        self.values = values
        self.path = path
        self.warnings = warnings

    def value(self, name: str) -> Any:
        found = self.values.get(name)
        if found is None and "_" in name:
            return self.values.get(to_camel(name))
        return found

    def warn(self, name: str, detail: str) -> None:
        self.warnings.add(f"{self.path}.{name}", detail)

    def text(self, name: str) -> str | None:
        value = self.value(name)
        if is_number(value):
            return str(value)
        if value is None or isinstance(value, str):
            return value or None
        self.warn(name, f"must be text; got {shown(value)}; it was dropped")
        return None

    def flag(self, name: str) -> bool:
        value = self.value(name)
        if value is None or isinstance(value, bool):
            return bool(value)
        self.warn(name, f"must be true or false; got {shown(value)}; it was dropped")
        return False

    def number(self, name: str) -> float | None:
        value: float | None = self.value(name)
        if value is None or is_number(value):
            return value
        self.warn(name, f"must be a number; got {shown(value)}; it was dropped")
        return None

    def fields(self, name: str) -> dict[str, Any]:
        value = self.value(name)
        if value is None or isinstance(value, dict):
            return value or {}
        self.warn(name, f"must be an object; got {shown(value)}; it was dropped")
        return {}

    def content(self, name: str) -> str:
        """Return the text, or the words of a part or a list of them."""
        value = self.value(name)
        if not isinstance(value, list | dict):
            return self.text(name) or ""
        words, lost = words_of(value)
        if lost:
            self.warn(name, lost_parts(lost))
        return words

    def turn(self, role: str, **fields: Any) -> dict[str, Any]:
        """Return a turn without what is absent, but always with its content."""
        turn = {
            "id": self.text("id"),
            "timestamp": self.time("created_at"),
            "role": role,
            **fields,
        }
        return {key: value for key, value in turn.items() if value is not None}

    def time(self, name: str) -> str | None:
        """Return a time as ISO 8601; zero, as protocol buffers have it, is none."""
        value = self.value(name)
        if value in (None, "", 0, "0"):
            return None
        if (time := iso_time(value)) is None:
            self.warn(name, f"is no time; got {shown(value)}; it was dropped")
        return time


def turns(items: list[Any], path: str, warnings: Faults) -> list[dict[str, Any]]:
    """Return at most as many turns as a transcript may have."""
    read: list[dict[str, Any]] = []
    history = History(items)
    for index, values in enumerate(items):
        if len(read) == MAX_TURNS:
            warnings.add(
                path,
                f"must have at most {MAX_TURNS:,} turns; the rest was cut",
                FaultKind.CUT,
            )
            break
        here = f"{path}[{index}]"
        if isinstance(values, dict):
            turn = history.turn(Item(values, here, warnings))
            if turn is not None:
                read.append(turn)
        else:
            warnings.add(
                here, f"must be an object; got {shown(values)}; it was dropped"
            )
    return read


def instructions(items: list[Any]) -> str | None:
    """Return the system prompt: the first instructions that an agent was given."""
    for values in items:
        if isinstance(values, dict) and values.get("type") == CONFIG_UPDATE:
            told = values.get("instructions")
            if words := words_of(told)[0]:
                return words
    return None


def iso_time(value: Any) -> str | None:
    try:
        return moment(value).isoformat(timespec="microseconds")
    except PydanticCustomError:
        return None


def as_text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


class History:
    """What an item's turn depends on beside the item itself."""

    def __init__(self, items: list[Any]) -> None:
        self.is_configured = False
        # A result may lack the name of its tool; its call has it.
        self.tools: dict[str, str] = {}
        for values in items:
            if isinstance(values, dict) and values.get("type") == "function_call":
                call = Item(values, "", Faults())
                self.tools[call.text("call_id") or ""] = call.text("name") or ""

    def turn(self, item: Item) -> dict[str, Any] | None:
        kind = item.value("type")
        if kind is None and "role" in item.values:
            kind = "message"
        read = READERS.get(kind) if isinstance(kind, str) else None
        return read(self, item) if read else self.unknown(item, kind)

    def message(self, item: Item) -> dict[str, Any]:
        sent = item.value("role")
        role = ROLES.get(sent) if isinstance(sent, str) else None
        if role is None:
            item.warn("role", f"is unknown: {shown(sent)}; it was read as system")
        metrics = item.fields("metrics")
        spoken = Item(metrics, f"{item.path}.metrics", item.warnings)
        return item.turn(
            role or "system",
            content=item.content("content") or words_beside(item.values),
            interrupted=item.flag("interrupted") or None,
            metrics=metrics or None,
            startedAt=spoken.time("started_speaking_at"),
            endedAt=spoken.time("stopped_speaking_at"),
            transcriptConfidence=item.number("transcript_confidence"),
            extra=item.fields("extra") or None,
        )

    def call(self, item: Item) -> dict[str, Any]:
        arguments = item.value("arguments")
        if arguments is None:
            arguments = item.value("args")
        name = item.text("name")
        return item.turn(
            "tool",
            kind="call",
            toolName=name,
            toolCallId=item.text("call_id"),
            content=f"{name or 'tool'}({as_text(arguments)})",
            arguments=arguments,
        )

    def result(self, item: Item) -> dict[str, Any]:
        call_id = item.text("call_id")
        return item.turn(
            "tool",
            kind="result",
            toolName=item.text("name") or (self.tools.get(call_id or "") or None),
            toolCallId=call_id,
            content=as_text(item.value("output")),
            isError=item.flag("is_error"),
        )

    def handoff(self, item: Item) -> dict[str, Any] | None:
        old = item.text("old_agent_id")
        if old is None:
            return None  # the session's start: from nobody
        new = item.text("new_agent_id") or "nobody"
        return item.turn("system", kind="handoff", content=f"handoff: {old} -> {new}")

    def config_update(self, item: Item) -> dict[str, Any] | None:
        told = item.content("instructions")
        was_configured, self.is_configured = self.is_configured, True
        if not was_configured:
            return None  # it is the system prompt
        return item.turn(
            "system",
            kind="config_update",
            content=told,
            toolsAdded=item.value("tools_added") or None,
            toolsRemoved=item.value("tools_removed") or None,
        )

    def unknown(self, item: Item, kind: Any) -> dict[str, Any]:
        item.warn("type", f"is unknown: {shown(kind)}; it was kept as a system marker")
        return item.turn(
            "system",
            kind=kind if isinstance(kind, str) and kind else "unknown",
            content=words_of(item.value("content"))[0]
            or as_text(item.value("content")),
            item=item.values,
        )


READERS: dict[str, Callable[[History, Item], dict[str, Any] | None]] = {
    "message": History.message,
    "function_call": History.call,
    "function_call_output": History.result,
    "agent_handoff": History.handoff,
    CONFIG_UPDATE: History.config_update,
}
