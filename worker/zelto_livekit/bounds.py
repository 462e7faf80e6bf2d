"""How much the outbox may hold, and what goes where it holds more."""

from __future__ import annotations

import contextlib
import logging
import time

from zelto_livekit.outbox import Entry, Kind, Outbox, entries_in
from zelto_livekit.settings import DAY, MEGABYTE, Settings

logger = logging.getLogger("zelto")
WHAT = {
    Kind.SESSION: "session",
    Kind.CHECKPOINT: "what was said until its job died, of session",
    Kind.AUDIO: "recording of session",
}


def keep_within_bounds(outbox: Outbox, settings: Settings) -> int:
    """Delete what is too old, then the oldest while there is too much; return how many.

    Each is told in the log, as an error: a recording goes before a session, and what was
    refused before what still waits.
    """
    refused = {one.path for one in entries_in(outbox.refused)}
    held = [*entries_in(outbox.folder), *entries_in(outbox.refused)]
    held = [one for one in held if not _is_of_running_job(outbox, one)]
    held.sort(
        key=lambda one: (one.kind is not Kind.AUDIO, one.path not in refused, one.since)
    )
    size = sum(one.size for one in held)
    too_old = time.time() - settings.max_outbox_seconds
    days = settings.max_outbox_seconds / DAY
    dropped = 0
    for entry in held:
        if entry.since < too_old:
            why = f"it is older than {days:g} days (ZELTO_OUTBOX_MAX_DAYS)"
        elif size > settings.max_outbox_bytes:
            most = settings.max_outbox_bytes / MEGABYTE
            why = f"the outbox holds more than {most:g} MB (ZELTO_OUTBOX_MAX_MB)"
        else:
            continue
        with contextlib.suppress(FileNotFoundError):
            _drop(outbox, entry, why)
            dropped += 1
        size -= entry.size
    return dropped


def _is_of_running_job(outbox: Outbox, entry: Entry) -> bool:
    """Leave a checkpoint to the job that is about to replace it."""
    return (
        entry.kind is Kind.CHECKPOINT
        and entry.path.parent == outbox.folder
        and entry.since > time.time() - DAY
    )


def _drop(outbox: Outbox, entry: Entry, why: str) -> None:
    entry.path.unlink()
    if entry.path.parent == outbox.refused:
        entry.path.with_name(f"{entry.path.name}.answer").unlink(missing_ok=True)
        why += "; Zelto had refused it"
    if entry.kind is Kind.CHECKPOINT:
        outbox.drop_checkpoint(entry.job_id)
    logger.error(
        "the %s %s was DELETED from the outbox unsent: %s",
        WHAT[entry.kind],
        entry.job_id,
        why,
    )
