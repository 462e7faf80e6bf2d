"""Sessions for which redaction was asked: the SDKs send them in plain text, with a flag,
and leave the rest to whoever receives them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings

# Of an item, what holds no word of the call; so nothing new slips through.
WORDLESS = {
    *("id", "type", "role", "interrupted", "created_at", "metrics", "call_id", "name"),
    *("is_error", "old_agent_id", "new_agent_id", "transcript_confidence"),
    *("tools_added", "tools_removed", "group_id"),
}

NOTHING = "nothing"
# What is kept by each value of the setting, as pages say it.
KEPT = {
    NOTHING: "who spoke and when, and neither words nor audio",
    "words": "what was said, and no audio",
    "all": "all of it",
}


def keeps_words() -> bool:
    """Tell whether the words of such a session are kept."""
    return settings.LIVEKIT_REDACTED in ("words", "all")


def keeps_audio() -> bool:
    """Tell whether the audio of such a session is kept."""
    return bool(settings.LIVEKIT_REDACTED == "all")


def without_words(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item of a chat history without what was said, asked or answered."""
    return {key: value for key, value in item.items() if key in WORDLESS}


def history_without_words(history: Any) -> dict[str, Any]:
    """Return a chat history with its items without words."""
    items = history.get("items") if isinstance(history, dict) else None
    kept: Iterable[Any] = items if isinstance(items, list) else ()
    return {"items": [without_words(item) for item in kept if isinstance(item, dict)]}
