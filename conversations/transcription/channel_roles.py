"""Whose turns those of a channel are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from conversations.channel_roles import sent_roles, stereo_roles


def roles_of(channels: int, metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the role of each channel that is transcribed by itself, first channel
    first. In one channel, or in more than two, everybody is mixed: whoever speaks is
    the user."""
    if channels != 2:
        return ("user",)
    return sent_roles(metadata) or stereo_roles(settings.STEREO_CHANNELS)
