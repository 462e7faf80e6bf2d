"""From the words of each channel to the turns of a call. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from conversations.transcription.results import Heard

# Who goes on after a shorter pause is still in the same turn, seconds.
MAX_PAUSE_SECONDS = 1.5
ROUNDED_TO = 2  # digits


def turns_of(heard: Iterable[Heard], roles: Sequence[str]) -> list[dict[str, Any]]:
    """Return turns by time, over all channels. roles: of each channel."""
    turns: list[dict[str, Any]] = []
    for one in sorted(heard, key=lambda each: (each.start, each.channel)):
        text = " ".join(one.text.split())
        if not text:
            continue
        role = roles[min(one.channel, len(roles) - 1)]
        last = turns[-1] if turns else None
        if last and last["role"] == role and _goes_on(last, one):
            last["content"] += f" {text}"
            last["endSeconds"] = max(last["endSeconds"], round(one.end, ROUNDED_TO))
        else:
            turns.append(
                {
                    "role": role,
                    "content": text,
                    "startSeconds": round(one.start, ROUNDED_TO),
                    "endSeconds": round(one.end, ROUNDED_TO),
                }
            )
    return turns


def _goes_on(turn: dict[str, Any], then: Heard) -> bool:
    pause: float = then.start - turn["endSeconds"]
    return pause < MAX_PAUSE_SECONDS
