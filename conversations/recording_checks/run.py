"""Checking all recordings that are stored, one after the other."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from django.db import DatabaseError, InterfaceError

from accounts.models import Organization
from conversations.models import Recording
from conversations.recording_checks.check import Finding, check_recording
from conversations.recording_checks.repair import repair_recording

logger = logging.getLogger(__name__)

BATCH = 200
# So many in a row that the storage could not be asked for: it is away.
MAX_FAILURES_IN_A_ROW = 10


class StorageAway(Exception):
    """The storage could not be asked again and again."""


class Checked(NamedTuple):
    """What came of one recording. finding: None where it is as it was stored, or could
    not be read; then `failure` names the error."""

    recording: Recording
    finding: Finding | None = None
    failure: str = ""
    is_repaired: bool = False


@dataclass(slots=True)
class Totals:
    """How many recordings came to what."""

    checked: int = 0
    wrong: int = 0
    repaired: int = 0
    unread: int = 0

    @property
    def is_all_well(self) -> bool:
        """Tell whether each is as it was stored by now."""
        return self.wrong == self.repaired and not self.unread

    def add(self, one: Checked) -> None:
        """Count one."""
        self.checked += 1
        self.wrong += one.finding is not None
        self.repaired += one.is_repaired
        self.unread += bool(one.failure)


def check_recordings(
    organization: Organization | None, *, is_quick: bool, is_repairing: bool
) -> Iterator[Checked]:
    """Check all that an organization has stored, or everybody has, and yield each.

    Raises:
        StorageAway: the storage could not be asked `MAX_FAILURES_IN_A_ROW` times.
    """
    failures = 0
    for recording in _stored(organization):
        one = _check(recording, is_quick=is_quick, is_repairing=is_repairing)
        yield one
        failures = failures + 1 if one.failure else 0
        if failures == MAX_FAILURES_IN_A_ROW:
            raise StorageAway


def _stored(organization: Organization | None) -> Iterator[Recording]:
    """Yield them in order of their calls, in batches: it takes hours, and holds no
    transaction meanwhile."""
    recordings = Recording.objects.all()
    if organization is not None:
        recordings = recordings.in_organization(organization)
    left = recordings.stored().only("pk", "file", "size").order_by("pk")
    batch = list(left[:BATCH])
    while batch:
        yield from batch
        batch = list(left.filter(pk__gt=batch[-1].pk)[:BATCH])


def _check(recording: Recording, *, is_quick: bool, is_repairing: bool) -> Checked:
    finding = None
    try:
        finding = check_recording(recording, is_quick=is_quick)
        if finding is None or not _is_still_named(recording):
            return Checked(recording)
        is_repaired = is_repairing and repair_recording(recording, finding.kind)
        return Checked(recording, finding, is_repaired=is_repaired)
    except (DatabaseError, InterfaceError):
        raise
    except Exception as error:
        # Whatever a storage raises holds up no other recording.
        logger.warning("%s could not be checked", recording.file, exc_info=True)
        return Checked(recording, finding, failure=type(error).__name__)


def _is_still_named(recording: Recording) -> bool:
    """Tell whether it was neither erased nor replaced while it was read."""
    return Recording.objects.filter(pk=recording.pk, file=recording.file).exists()
