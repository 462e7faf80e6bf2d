"""The words of what was said, as the SDKs of models write it: a text, or typed parts.

Pictures and sound have no words; the words of a sound, where it was transcribed, stand
beside it. See `docs/compatibility.md` for whose shapes these are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from conversations.turn_values import is_number

# Where a part has its words. A refusal is said aloud; a result has parts of its own.
WORDS = ("text", "transcript", "refusal")
INNER = ("content", "parts")
# Instructions for speaking, as LiveKit's Node SDK writes them.
INSTRUCTIONS, SPOKEN_INSTRUCTIONS = "instructions", "audio"

OF_WORDS = re.compile("(?<!con)text|transcri", re.IGNORECASE)
OF_PICTURES_OR_SOUND = re.compile(
    "image|picture|photo|video|audio|sound", re.IGNORECASE
)
MEDIA_TYPE = re.compile("(?:image|video|audio)/", re.IGNORECASE)
MEDIA_TYPE_NAMES = ("mime_type", "mimeType", "media_type", "mediaType")
# What says which part it is, but nothing of its own.
NAMES = {"type", "id"}


def words_of(content: Any) -> tuple[str, int]:
    """Return the words of a text, a part or a list of parts, joined by newlines, and how
    many parts should have had words and have none that can be read."""
    texts = []
    lost = 0
    for part in content if isinstance(content, list) else [content]:
        words = part if isinstance(part, str) else _words_of_part(part)
        if words or isinstance(part, str):
            texts.append(words or "")
        elif words is None:
            lost += 1
    return "\n".join(texts), lost


def lost_parts(count: int) -> str:
    """Return what completes "`path` ..." where parts should have had words."""
    return (
        "must be text, or parts whose words are in text or transcript; "
        f"{count:,} without were dropped"
    )


def words_beside(turn: Mapping[str, Any]) -> str:
    """Return the words of a turn whose content is empty: those that it has itself, as a
    part has them, or those of its sound, which LangChain keeps apart."""
    own = {name: turn[name] for name in (*WORDS, "parts") if name in turn}
    words = _words_of_part(own) if own else ""
    more = turn.get("additional_kwargs")
    for holder in (turn, more if isinstance(more, dict) else {}):
        if not words and isinstance(holder.get("audio"), dict):
            words = _words_of_part(holder["audio"])
    return words or ""


def _words_of_part(part: Any) -> str | None:
    """Return what a part says, "" where it says nothing, None where that cannot be
    read."""
    if part is None:
        return ""
    if not isinstance(part, dict):
        return None
    found = [_text(part.get(name)) for name in WORDS]
    if not any(found):
        found = [words_of(part[name])[0] for name in INNER if part.get(name)]
    if not any(found) and part.get("type") == INSTRUCTIONS:
        found = [_text(part.get(SPOKEN_INSTRUCTIONS))]
    # Each once: a transcript may repeat the text.
    words = "\n".join(dict.fromkeys(filter(None, found)))
    return words or (None if _lacks_words(part) else "")


def _text(value: Any) -> str:
    if isinstance(value, list):
        return words_of(value)[0]
    if isinstance(value, dict):
        value = value.get("value", value.get("text"))
    if is_number(value):
        return str(value)
    return value if isinstance(value, str) else ""


def _lacks_words(part: Mapping[str, Any]) -> bool:
    """Return whether a part without words that can be read may well have some."""
    if any(isinstance(part.get(name), str) for name in WORDS):
        return False  # they are empty
    kind = part.get("type")
    kind = kind if isinstance(kind, str) else ""
    filled = [
        name
        for name, value in part.items()
        if name not in NAMES and value not in (None, "", [], {})
    ]
    if any(map(OF_WORDS.search, [kind, *filled])):
        return True
    return bool(filled) and not _is_picture_or_sound(part, kind)


def _is_picture_or_sound(part: Mapping[str, Any], kind: str) -> bool:
    if OF_PICTURES_OR_SOUND.search(kind):
        return True
    if not kind and any(map(OF_PICTURES_OR_SOUND.search, part)):
        return True  # by the names of its keys
    holders = [part, *(value for value in part.values() if isinstance(value, dict))]
    return any(
        isinstance(holder.get(name), str) and MEDIA_TYPE.match(holder[name])
        for holder in holders
        for name in MEDIA_TYPE_NAMES
    )
