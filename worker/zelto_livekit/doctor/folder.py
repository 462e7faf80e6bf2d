"""Checks the outbox: whether it can be written, lasts, has room, and what waits in it."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zelto_livekit.background import is_tended
from zelto_livekit.doctor.findings import Finding, failure, fine, warning
from zelto_livekit.outbox import Entry, Kind, Outbox, entries_in, locked
from zelto_livekit.sender import job_is_dead
from zelto_livekit.settings import MEGABYTE, Settings

LEAST_FREE_BYTES = 50 * MEGABYTE
MAX_SHOWN = 5
PROBE = "zelto-livekit-doctor"
GONE_WITH_THE_CONTAINER = {"overlay", "aufs"}
GONE_WITH_THE_MACHINE = {"tmpfs", "ramfs"}


def check_folder(settings: Settings) -> Iterator[Finding]:
    """Yield what is found of the folder itself, and of what it holds."""
    outbox = Outbox(settings.outbox)
    try:
        write_and_read(outbox)
    except OSError as error:
        yield failure(
            f"The outbox {outbox.folder} cannot be written ({error.strerror}): a session is "
            "lost when Zelto is away. Give the worker's user that folder, or name another "
            "one in ZELTO_OUTBOX."
        )
        return
    yield fine(f"The outbox {outbox.folder} can be written.")
    yield from check_place(settings, mount_points())
    yield from check_waiting(outbox)
    yield from check_refused(outbox)


def write_and_read(outbox: Outbox) -> None:
    """Write a file as a session is written, lock it and delete it.

    Raises:
        OSError: where one of that cannot be done.

    """
    job_id = f"{PROBE}-{os.getpid()}"
    path = outbox.path_of(job_id, Kind.CHECKPOINT)
    outbox.write(job_id, Kind.CHECKPOINT, b"{}").close()
    try:
        with locked(path) as file:
            if file is None:
                raise OSError(0, "its files cannot be locked")
    finally:
        path.unlink(missing_ok=True)


def check_place(settings: Settings, mounts: dict[str, str]) -> Iterator[Finding]:
    """Yield whether the folder is private, lasts and has room.

    mounts: the kind of each file system, by the folder that it is mounted on.
    """
    folder = settings.outbox
    if folder.stat().st_mode & 0o077:
        yield warning(f"Others can look into {folder}: chmod 700 {folder}")
    kind = mounts.get(
        next((str(one) for one in above(folder) if str(one) in mounts), ""), ""
    )
    if kind in GONE_WITH_THE_CONTAINER | GONE_WITH_THE_MACHINE:
        what = "the container" if kind in GONE_WITH_THE_CONTAINER else "a restart"
        yield warning(
            f"The outbox {folder} does not outlive {what} ({kind}). Mount a volume and name "
            "it in ZELTO_OUTBOX."
        )
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        yield failure(
            f"The disk of {folder} has {free / MEGABYTE:.0f} MB left. Make room, or name "
            "another folder in ZELTO_OUTBOX."
        )
    elif free < settings.max_outbox_bytes:
        yield warning(
            f"The disk of {folder} has {free / MEGABYTE:.0f} MB left, less than the outbox "
            f"may take ({settings.max_outbox_bytes / MEGABYTE:.0f} MB). Make room, or lower "
            "ZELTO_OUTBOX_MAX_MB."
        )


def above(folder: Path) -> list[Path]:
    """Return the folder and what it lies in."""
    found = folder.resolve()
    return [found, *found.parents]


def mount_points() -> dict[str, str]:
    """Return the kind of each file system by where it is mounted, none but on Linux."""
    try:
        lines = Path("/proc/self/mounts").read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}
    fields = [line.split() for line in lines]
    return {one[1]: one[2] for one in fields if len(one) > 2}


def check_waiting(outbox: Outbox) -> Iterator[Finding]:
    """Yield what waits, how long, and who would send it."""
    waiting = [one for one in outbox.entries() if is_over(one)]
    if not waiting:
        yield fine("Nothing waits in the outbox.")
        return
    unreadable = [one for one in waiting if not os.access(one.path, os.R_OK)]
    if unreadable:
        yield failure(
            f"{len(unreadable)} files in {outbox.folder} belong to another user, and are "
            "never sent: run the worker as one user, or chown them."
        )
    names = ", ".join(one.job_id for one in waiting[:MAX_SHOWN])
    more = ", ..." if len(waiting) > MAX_SHOWN else ""
    hours = (time.time() - min(one.since for one in waiting)) / 3600
    count = {kind: sum(one.kind is kind for one in waiting) for kind in Kind}
    sessions = count[Kind.SESSION] + count[Kind.CHECKPOINT]
    who = (
        "A worker process on this machine sends them by itself, once the way to Zelto is clear."
        if is_tended(outbox)
        else "No worker runs here that would send them: start it, or run zelto-livekit flush."
    )
    yield warning(
        f"{sessions} sessions and {count[Kind.AUDIO]} recordings wait, the oldest for "
        f"{hours:.1f} hours ({names}{more}). {who}"
    )


def is_over(entry: Entry) -> bool:
    """Tell whether it is time to send it: not while its job still lives."""
    if entry.kind is not Kind.CHECKPOINT:
        return True
    with job_is_dead(entry.path.with_suffix(".alive")) as is_dead:
        return is_dead


def check_refused(outbox: Outbox) -> Iterator[Finding]:
    """Yield what Zelto refused, with its reasons."""
    refused = sorted(entries_in(outbox.refused), key=lambda one: -one.since)
    if not refused:
        return
    reasons = "; ".join(
        f"{one.job_id}: {reason_for(one)}" for one in refused[:MAX_SHOWN]
    )
    more = "; ..." if len(refused) > MAX_SHOWN else ""
    yield failure(
        f"Zelto refused {len(refused)} files, which are kept in {outbox.refused} "
        f"({reasons}{more}). Once the reason is gone, zelto-livekit retry sends them again."
    )


def reason_for(entry: Entry) -> str:
    """Return what Zelto answered to a file that it refused."""
    beside = entry.path.with_name(f"{entry.path.name}.answer")
    try:
        written: dict[str, Any] = json.loads(beside.read_text("utf-8"))
    except (OSError, ValueError):
        return "its answer is not there"
    answer = written.get("answer")
    detail = answer.get("detail") if isinstance(answer, dict) else answer
    return f"{written.get('status')} {detail or ''}".strip()
