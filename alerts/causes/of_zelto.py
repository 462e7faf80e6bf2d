"""Zelto itself: its disk and its workers. Owners of the first organization are told.

**Disk** opens where less than a tenth is free and less than 20 GiB, or less than 2 GiB; it
is over once there is a quarter more than that. Each disk on which Zelto keeps something is
looked at. **Worker away** opens when none was seen for two minutes, **media away** when
none was for ten: it has long jobs. They are over once one is seen.

No worker can tell that it is away: the round is run by the worker, by the media worker and,
where both are away, by the web processes (`alerts.judging`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages

from accounts.models import Organization
from alerts.causes.look import Look
from alerts.issues.finding import Finding
from alerts.models import Issue, IssueKind, Progress
from integrations.operations import heartbeat

GIB = 1024**3
# Less than this part, and less than so much; or less than so much of any disk.
MIN_FREE_SHARE, MAX_NEEDED_BYTES = 0.1, 20 * GIB
MIN_FREE_BYTES = 2 * GIB
# One that is open is over with so much more.
SLACK = 1.25
WORKER_AWAY = timedelta(minutes=2)
MEDIA_AWAY = timedelta(minutes=10)
# Until it is known whose they are.
NOBODY = UUID(int=0)
# Of the media worker, in `Progress`.
MEDIA_PULSE = "media"


def first_organization() -> UUID | None:
    """Return the organization that was made first, to which these issues belong."""
    first = Organization.objects.order_by("created_at", "id")
    return first.values_list("pk", flat=True).first()


def find(now: datetime) -> Look:
    """Return what is wrong with Zelto itself."""
    found = [*_disks(now), *_away(now)]
    organization_id = first_organization() if found else None
    if organization_id is None:
        return Look(())
    return Look([replace(one, organization_id=organization_id) for one in found])


def _disks(now: datetime) -> Iterator[Finding]:
    for what, folder in _folders():
        usage = shutil.disk_usage(folder)
        if not is_almost_full(usage.free, usage.total, SLACK):
            continue
        issues = Issue.objects.open().filter(kind=IssueKind.DISK_FULL, cause=what)
        if is_almost_full(usage.free, usage.total) or issues.exists():
            # Only as exact as is said, so that nothing is written each minute.
            free = round(usage.free / GIB, 1) * GIB
            facts = {"what": what, "free": free, "size": usage.total}
            yield Finding(NOBODY, IssueKind.DISK_FULL, what, since=now, facts=facts)


def is_almost_full(free: float, size: float, slack: float = 1.0) -> bool:
    """Return whether a disk has too little room. free, size: bytes."""
    needed = min(MIN_FREE_SHARE * size, MAX_NEEDED_BYTES)
    return free < slack * max(needed, min(MIN_FREE_BYTES, size / 2))


def _folders() -> list[tuple[str, Path]]:
    """Return the folders to look at, each of another disk, by what is in them."""
    folders = [("Zelto's data", Path(settings.DATA_DIR))]
    recordings = storages["recordings"]
    if isinstance(recordings, FileSystemStorage):
        folders.append(("the recordings", Path(recordings.location)))
    found: dict[int, tuple[str, Path]] = {}
    for what, folder in folders:
        if folder.is_dir():
            found.setdefault(folder.stat().st_dev, (what, folder))
    return list(found.values())


def _away(now: datetime) -> Iterator[Finding]:
    """Yield the workers that were seen once and are not seen now."""
    pulse = Progress.objects.filter(name=MEDIA_PULSE).values_list("at", flat=True)
    for kind, seen_at, most in (
        (IssueKind.WORKER_AWAY, heartbeat.seen_at(), WORKER_AWAY),
        (IssueKind.MEDIA_AWAY, pulse.first(), MEDIA_AWAY),
    ):
        if seen_at is not None and now - seen_at > most:
            yield Finding(NOBODY, kind, "", since=seen_at)
