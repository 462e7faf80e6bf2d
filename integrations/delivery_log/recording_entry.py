"""The audio of a call as an entry of the log: it names the file that came, and says how
to play it. It makes no conversation, and names no agent.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from conversations.channel_roles import METADATA_KEY
from conversations.projection.update import AgentReference, CallUpdate
from conversations.turn_values import RECORDING_STARTED_AT

_AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class ReceivedAudio:
    """A file that came for a call.

    file: its name in the storage of recordings. size: bytes. sha256: of what is in it, in
    hexadecimal digits. channels: who is on which, left first; None where nobody said.
    started_at: when it began, ISO 8601; None likewise.
    """

    file: str
    size: int
    sha256: str
    channels: list[str] | None = None
    started_at: str | None = None


def body_of(external_id: str, audio: ReceivedAudio) -> bytes:
    """Return the body of such an entry: JSON in UTF-8."""
    payload = {"call": {"externalId": external_id}, _AUDIO: asdict(audio)}
    return json.dumps(payload, ensure_ascii=False).encode()


def audio_in(payload: dict[str, Any]) -> ReceivedAudio:
    """Return the file that such a body names. payload: the body, as JSON."""
    return ReceivedAudio(**payload[_AUDIO])


def read(payload: dict[str, Any]) -> CallUpdate:
    """Return the update of such an entry.

    payload: the body, as JSON.
    """
    audio = audio_in(payload)
    facts = {METADATA_KEY: audio.channels, RECORDING_STARTED_AT: audio.started_at}
    return CallUpdate(
        external_id=payload["call"]["externalId"],
        agent=AgentReference(),
        metadata={name: fact for name, fact in facts.items() if fact is not None},
        received_audio=audio.file,
    )
