"""Who is on which channel of a stereo recording, as a sender or an operator names it.

Pure. In the metadata of a conversation: `"channels": ["agent", "user"]`, left first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

METADATA_KEY = "channels"
# By the word that is sent, the role of a turn.
ROLES = {
    "user": "user",
    "customer": "user",
    "agent": "assistant",
    "assistant": "assistant",
}


def sent_roles(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the roles of both channels that the metadata names, empty where it does
    not name the two, each once."""
    return stereo_roles(metadata.get(METADATA_KEY))


def stereo_roles(words: object) -> tuple[str, ...]:
    """Return `user` and `assistant` in the order of two words; empty where these are
    not words for both. Spaces around them and capitals do not matter."""
    if not isinstance(words, list) or len(words) != 2:
        return ()
    roles = tuple(
        ROLES.get(word.strip().lower(), "") if isinstance(word, str) else ""
        for word in words
    )
    return roles if set(roles) == {"user", "assistant"} else ()
