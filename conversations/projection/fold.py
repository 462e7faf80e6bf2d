"""The state of a call, delivery after delivery.

    state, warnings = apply(state, update)

Pure, and the same however the deliveries are cut into batches.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from conversations.projection.update import CallUpdate

MAX_MERGED_METADATA_BYTES = 256 * 1024  # bytes, as compact JSON
MAX_PROMPT_CHARACTERS = 100_000  # characters
# Of a session whose job was killed: whatever of it comes whole counts more, also before.
PARTIAL, WORKER_DIED = "partial", "worker_died"

Value = TypeVar("Value")

# (path, detail), to be said about a delivery.
Remark = tuple[str, str]

# Where one is said again, the newer word counts.
FACTS = (
    "started_at",
    "ended_at",
    "ended_reason",
    "cost",
    "recording_url",
    "customer_number",
    "customer_name",
    "version",
)
ONLY_FILLED: Remark = (
    "call",
    "was processed behind a newer delivery, and an earlier body of it has expired: "
    "only what was absent was filled in",
)


@dataclass(frozen=True, slots=True)
class CallState:
    """All that the next delivery of a call builds on.

    sent_duration: seconds as sent; it stays until another one is sent.
    prompt_is_explicit: sent as `systemPrompt`, not taken from a leading turn.
    turns: None where no transcript ever came.
    turns_are_transcribed: Zelto transcribed them; any that are sent replace them.
    parts: of the turns that came in parts, by their id, within one fold.
    received_audio: the file that came along last, within one fold. lost_audio: why there
        was none, where that came last.
    """

    started_at: datetime | None = None
    ended_at: datetime | None = None
    sent_duration: float | None = None
    ended_reason: str | None = None
    cost: Decimal | None = None
    recording_url: str | None = None
    customer_number: str | None = None
    customer_name: str | None = None
    version: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    system_prompt: str | None = None
    prompt_is_explicit: bool = False
    turns: list[dict[str, Any]] | None = None
    turns_are_transcribed: bool = False
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    received_audio: str | None = None
    lost_audio: str | None = None

    @property
    def has_transcript(self) -> bool:
        return bool(self.turns)


def fold(updates: Iterable[CallUpdate]) -> CallState:
    """Return the state of a call after all of these updates, in their order."""
    state = CallState()
    for update in updates:
        state, _ = apply(state, update)
    return state


def apply(state: CallState, update: CallUpdate) -> tuple[CallState, list[Remark]]:
    """Return the state after one more delivery, and the (path, detail) of each warning
    about it.
    """
    if update.is_transcription:
        return _with_transcription(state, update), []
    if update.is_supplement:
        return fill(state, update)[0], []
    if _is_left_behind(update) and state.has_transcript and not _is_in_part(state):
        sent = update.metadata or {}
        whole = {key: sent[key] for key in sent if key != PARTIAL}
        return fill(state, replace(update, metadata=whole))[0], []
    if update.turns_are_parts:
        update, parts = _joined(state, update)
        state = replace(state, parts=parts)
    metadata, warnings = _merged(state.metadata, update.metadata or {})
    prompt, is_explicit = _prompt(state, update)
    return (
        replace(
            state,
            **_facts(update, state),
            sent_duration=_newer(update.duration_seconds, state.sent_duration),
            metadata=metadata,
            system_prompt=prompt,
            prompt_is_explicit=is_explicit,
            # An empty transcript says that nobody spoke; it wipes nothing.
            turns=update.turns or _newer(state.turns, update.turns),
            turns_are_transcribed=state.turns_are_transcribed and not update.turns,
            received_audio=_newer(update.received_audio, state.received_audio),
            lost_audio=_newer(update.lost_audio, state.lost_audio),
        ),
        warnings,
    )


def _is_left_behind(update: CallUpdate) -> bool:
    """Tell whether a worker's package sent what a killed job left: the session so far.

    Source: `worker/zelto_livekit/session_body.py`.
    """
    is_partial = (update.metadata or {}).get(PARTIAL) is True
    return is_partial and update.ended_reason == WORKER_DIED


def _is_in_part(state: CallState) -> bool:
    return state.metadata.get(PARTIAL) is True or state.turns_are_transcribed


def _joined(
    state: CallState, update: CallUpdate
) -> tuple[CallUpdate, dict[str, dict[str, Any]]]:
    """Return the update with all parts that came so far as its turns, in the order of
    their times; with none, where the call has a whole transcript.
    """
    is_whole = state.has_transcript and not (state.parts or state.turns_are_transcribed)
    if is_whole:
        return replace(update, turns=None), {}
    new = {
        str(turn.get("id", index)): turn
        for index, turn in enumerate(update.turns or ())
    }
    parts = state.parts | new
    turns = sorted(parts.values(), key=lambda turn: str(turn.get("timestamp") or ""))
    return replace(update, turns=turns or None), parts


def fill(state: CallState, update: CallUpdate) -> tuple[CallState, list[Remark]]:
    """Return the state with what a delivery says of which it has nothing yet, and the
    (path, detail) of each warning.

    For a delivery older than something that the state holds, where it can no longer be
    told which of the two said what.
    """
    if update.is_transcription:
        state = state if state.turns else _with_transcription(state, update)
        return state, [ONLY_FILLED]
    older, _ = apply(CallState(), replace(update, is_supplement=False))
    absent = older.metadata.keys() - state.metadata.keys()
    metadata, warnings = _merged(
        state.metadata, {key: older.metadata[key] for key in sorted(absent)}
    )
    # Turns that were sent count more than Zelto's own, whatever the order.
    takes_turns = older.has_transcript and (
        not state.turns or state.turns_are_transcribed
    )
    is_prompted = state.system_prompt is not None
    filled = replace(
        state,
        **_facts(state, older),
        sent_duration=_newer(state.sent_duration, older.sent_duration),
        metadata=metadata,
        system_prompt=state.system_prompt if is_prompted else older.system_prompt,
        prompt_is_explicit=(state if is_prompted else older).prompt_is_explicit,
        turns=older.turns if takes_turns else _newer(state.turns, older.turns),
        turns_are_transcribed=state.turns_are_transcribed and not takes_turns,
    )
    return filled, [ONLY_FILLED, *warnings]


def _facts(newer: CallUpdate | CallState, older: CallState) -> dict[str, Any]:
    """Return the facts that both have under one name, of the newer where it says one;
    what it only fills in, of the older.
    """
    weak = newer.fills_only if isinstance(newer, CallUpdate) else frozenset()

    def fact(name: str) -> Any:
        new, old = getattr(newer, name), getattr(older, name)
        return _newer(old, new) if name in weak else _newer(new, old)

    return {name: fact(name) for name in FACTS}


def _with_transcription(state: CallState, update: CallUpdate) -> CallState:
    """Return the state with Zelto's own transcription: the newest one counts, and turns
    that a sender sent count more.
    """
    if state.turns and not state.turns_are_transcribed:
        return state
    return replace(state, turns=update.turns or [], turns_are_transcribed=True)


def _newer(new: Value | None, old: Value | None) -> Value | None:
    return old if new is None else new


def _prompt(state: CallState, update: CallUpdate) -> tuple[str | None, bool]:
    if update.system_prompt is not None:
        return update.system_prompt, True
    if state.prompt_is_explicit:
        return state.system_prompt, True
    return leading_prompt(update.turns or []) or state.system_prompt, False


def leading_prompt(turns: list[dict[str, Any]]) -> str | None:
    """Return what a leading system turn says, else None.

    Markers (they have a `kind`) are skipped.
    """
    for turn in turns:
        if turn.get("role") != "system":
            return None
        if not turn.get("kind"):
            return turn.get("content", "")[:MAX_PROMPT_CHARACTERS] or None
    return None


def _merged(
    old: dict[str, Any], sent: dict[str, Any]
) -> tuple[dict[str, Any], list[Remark]]:
    """Merge metadata one level deep; a null keeps.

    Over the limit the new keys are dropped, and where that is not enough, the whole of
    what was sent.
    """
    new = {key: value for key, value in sent.items() if value is not None}
    merged = old | new
    if not new or not old or size_as_json(merged) <= MAX_MERGED_METADATA_BYTES:
        return merged, []
    known = {key: value for key, value in new.items() if key in old}
    dropped = sorted(new.keys() - known.keys())
    merged = old | known
    if size_as_json(merged) > MAX_MERGED_METADATA_BYTES:
        merged, dropped = old, sorted(new)
    limit = f"{MAX_MERGED_METADATA_BYTES:,} bytes"
    return merged, [
        ("metadata", f"would be over {limit} when merged; {_named(dropped)} dropped")
    ]


def _named(keys: list[str]) -> str:
    shown = ", ".join(key[:60] for key in keys[:5])
    if len(keys) > 5:
        shown += f" and {len(keys) - 5:,} more"
    return f"{shown} {'was' if len(keys) == 1 else 'were'}"


def size_as_json(value: Any) -> int:
    """Return the bytes of a value as compact JSON in UTF-8."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
