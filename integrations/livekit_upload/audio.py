"""The audio of a session: kept as it came, or why it is not."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.template.defaultfilters import filesizeformat

from conversations.projection.erased_calls import erased_among
from conversations.recordings import received
from conversations.recordings.incoming import is_for_want_of_room
from integrations.delivery_log.append import Arrival
from integrations.livekit_upload import redaction
from integrations.uploads.multipart import FileFault, Parts

logger = logging.getLogger(__name__)

CUT = "The upload ended early, before its audio was whole."
NO_ROOM = "There was no room for its audio on this server."
NOT_STORED = "Its audio could not be stored."


@dataclass(frozen=True, slots=True)
class SessionAudio:
    """What became of the audio of a session.

    stored: file and bytes. lost: a sentence that says why it was not kept; empty where
        it was, or there was none. may_come_again: another try may bring it.
    """

    stored: dict[str, Any] | None = None
    lost: str = ""
    may_come_again: bool = False


def keep_audio(
    arrival: Arrival, parts: Parts, path: Path, *, is_redacted: bool
) -> SessionAudio:
    """Put the audio of a session into the storage, as far as that can be.

    path: what arrived of it.

    Raises:
        DatabaseError: it could not be noted.
        InterfaceError: likewise.
    """
    if is_redacted and not redaction.keeps_audio():
        return SessionAudio()
    if parts.file_fault is not None:
        return _without(parts.file_fault)
    call = (arrival.organization_id, arrival.provider, arrival.external_id)
    if not parts.file_bytes or erased_among([call]):
        return SessionAudio()
    try:
        name = received.keep(arrival.organization_id, path)
    except (DatabaseError, InterfaceError):
        raise
    except Exception as error:
        # Whatever a storage raises costs the audio alone.
        logger.exception("The audio of an uploaded session could not be stored")
        lost = NO_ROOM if is_for_want_of_room(error) else NOT_STORED
        return SessionAudio(lost=lost, may_come_again=True)
    return SessionAudio({"file": name, "bytes": parts.file_bytes})


def _without(fault: FileFault) -> SessionAudio:
    if fault is FileFault.TOO_LARGE:
        limit = filesizeformat(settings.MAX_AUDIO_BYTES)
        return SessionAudio(lost=f"Its audio was over {limit} and was not kept.")
    lost = NO_ROOM if fault is FileFault.NO_ROOM else CUT
    return SessionAudio(lost=lost, may_come_again=True)
