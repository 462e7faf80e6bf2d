"""Who speaks in which channel of a recording."""

from __future__ import annotations

from typing import Any

from django.conf import settings

ROLES = {
    "user": "user",
    "customer": "user",
    "agent": "assistant",
    "assistant": "assistant",
}
# Under this key the metadata of a call says otherwise: ["agent", "user"].
METADATA_KEY = "channels"


def roles_of(channels: int, metadata: dict[str, Any]) -> tuple[str, ...]:
    """The role of each channel that is heard by itself, first channel first. In one
    channel, or in more than two, everybody is mixed: whoever speaks is the user."""
    if channels != 2:
        return ("user",)
    return _read(metadata.get(METADATA_KEY)) or _read(settings.STEREO_CHANNELS) or ()


def _read(named: Any) -> tuple[str, ...] | None:
    """None where this is not the two, each once."""
    if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
        return None
    roles = tuple(ROLES.get(one.strip().lower(), "") for one in named)
    return roles if sorted(roles) == ["assistant", "user"] else None
