"""Sends what waits in the outbox: one file at a time, by one sender at a time."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO

from zelto_livekit.answers import Answer, Verdict
from zelto_livekit.bounds import WHAT, keep_within_bounds
from zelto_livekit.client import Client
from zelto_livekit.outbox import Entry, Kind, Outbox, locked
from zelto_livekit.settings import DAY, Settings

logger = logging.getLogger("zelto")

FIRST_WAIT, LONGEST_WAIT = 2.0, 300.0  # seconds
MAX_FAILURES_IN_A_ROW = 3
# One try of what waits, which holds up no job; the end of a job has less.
PATIENT_SECONDS = 30.0
COUNT_AGAIN_AFTER = 1.0  # seconds
# Of a recording: at least this, and longer at less than a megabit a second.
AUDIO_SECONDS, AUDIO_BYTES_A_SECOND = 30.0, 125_000
# How long a recording waits for a call by its id to be known.
MAX_UNKNOWN_SECONDS = DAY


@dataclass
class Backoff:
    """When another try makes sense: twice as long after each failure, with jitter."""

    failures: int = 0
    until: float = 0.0  # monotonic

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.until

    def failed(self, at_least: float) -> None:
        """Wait longer. at_least: seconds that Zelto asked for."""
        wait = min(FIRST_WAIT * 2**self.failures, LONGEST_WAIT)
        self.failures += 1
        self.until = time.monotonic() + max(wait * random.uniform(0.5, 1.0), at_least)  # noqa: S311


@dataclass
class Result:
    """What a pass came to. not_now: why it ended before its end."""

    sent: int = 0
    refused: int = 0
    failed: int = 0
    not_now: Answer | None = None

    def __str__(self) -> str:
        return (
            f"{self.sent} sent, {self.refused} refused, {self.failed} to be tried again"
        )


class Sender:
    """Sends from one process. Others may send from the same folder at the same time."""

    def __init__(self, settings: Settings, outbox: Outbox) -> None:
        self.settings = settings
        self.outbox = outbox
        self.backoff = Backoff()
        self._of_entry: dict[Path, Backoff] = {}
        self._counted: tuple[float, tuple[int, int]] = (float("-inf"), (0, 0))
        self._in_hand = 0

    def client(self) -> Client:
        """Return a client that tells what waits."""
        return Client(self.settings, self._count)

    def send_all(
        self,
        *,
        stop: float = float("inf"),
        is_patient: bool = True,
        only: Path | None = None,
    ) -> Result:
        """Send what waits, until `stop` (monotonic) or until Zelto cannot take more.

        is_patient: leave what failed lately alone for a while. only: that one file.
        """
        result, in_a_row = Result(), 0
        with self.client() as client:
            for entry in self._due(is_patient=is_patient, only=only):
                if time.monotonic() >= stop:
                    break
                answer = self._send_one(client, entry, stop)
                if answer is None:
                    continue
                in_a_row = self._note(result, entry, answer, in_a_row)
                if (
                    answer.verdict is Verdict.NOT_NOW
                    or in_a_row >= MAX_FAILURES_IN_A_ROW
                ):
                    result.not_now = answer
                    self.backoff.failed(answer.retry_after)
                    return result
        if not result.failed:
            self.backoff = Backoff()
        return result

    def _due(self, *, is_patient: bool, only: Path | None) -> list[Entry]:
        """Return what to try now, once the folder is in order."""
        self.outbox.remove_remains()
        keep_within_bounds(self.outbox, self.settings)
        entries = [
            entry for entry in self.outbox.entries() if only in {None, entry.path}
        ]
        there = {entry.path for entry in entries}
        self._of_entry = {
            path: own for path, own in self._of_entry.items() if path in there
        }
        resting = {path for path, own in self._of_entry.items() if not own.is_over}
        return [
            entry for entry in entries if not (is_patient and entry.path in resting)
        ]

    def send(
        self, client: Client, entry: Entry, file: BinaryIO, seconds: float
    ) -> Answer:
        """Send one file that is locked, and do with it as the answer says.

        A recording that nothing is known of yet is asked to wait, for a day at most.
        """
        self._in_hand = int(entry.kind is not Kind.CHECKPOINT)  # which are not counted
        if entry.kind is Kind.AUDIO:
            moment = datetime.fromtimestamp(entry.started_at_ms / 1000, timezone.utc)
            started_at = moment.isoformat(timespec="milliseconds").replace(
                "+00:00", "Z"
            )
            answer = client.put_audio(entry.job_id, started_at, file, seconds)
            answer = self._of_unknown_call(entry, answer)
        else:
            file.seek(0)
            answer = client.post_session(file.read(), seconds)
        self._in_hand = 0
        verdict = answer.verdict
        if verdict is Verdict.STORED:
            self.outbox.remove(entry)
            if answer.fields.get("warnings"):
                logger.warning("Zelto on session %s: %s", entry.job_id, answer.faults)
        elif verdict is Verdict.REFUSED:
            self.outbox.refuse(entry, answer)
            logger.error(
                "Zelto refused the %s %s, which is kept in %s: %s %s",
                *(WHAT[entry.kind], entry.job_id, self.outbox.refused),
                *(answer.sentence, answer.faults),
            )
        return answer

    def _send_one(self, client: Client, entry: Entry, stop: float) -> Answer | None:
        """Return the answer, or None where it is not for us to send."""
        with contextlib.ExitStack() as held:
            if entry.kind is Kind.CHECKPOINT and not held.enter_context(
                job_is_dead(entry.path.with_suffix(".alive"))
            ):
                return None
            file = held.enter_context(locked(entry.path))
            if file is None:
                return None
            if entry.kind is Kind.CHECKPOINT and self.outbox.has_session(entry.job_id):
                self.outbox.drop_checkpoint(entry.job_id)
                return None
            if entry.kind is Kind.AUDIO and self._waits_for_session(entry):
                return None
            seconds = min(seconds_for(entry), stop - time.monotonic())
            return self.send(client, entry, file, seconds)

    def _waits_for_session(self, entry: Entry) -> bool:
        return self.outbox.path_of(entry.job_id, Kind.SESSION).exists()

    def _of_unknown_call(self, entry: Entry, answer: Answer) -> Answer:
        if answer.status != 404:
            return answer
        waited = time.time() - entry.since
        over = waited > MAX_UNKNOWN_SECONDS
        return replace(answer, decided=Verdict.REFUSED if over else Verdict.LATER)

    def _note(self, result: Result, entry: Entry, answer: Answer, in_a_row: int) -> int:
        """Count an answer, and return how many failed in a row."""
        if answer.verdict is Verdict.STORED:
            result.sent += 1
            self._of_entry.pop(entry.path, None)
            return 0
        if answer.verdict is Verdict.REFUSED:
            result.refused += 1
            return 0
        result.failed += 1
        if answer.verdict is Verdict.NOT_NOW:
            return in_a_row
        self._of_entry.setdefault(entry.path, Backoff()).failed(answer.retry_after)
        return in_a_row + (entry.kind is not Kind.AUDIO)

    def _count(self) -> tuple[int, int]:
        counted_at, counted = self._counted
        if time.monotonic() - counted_at > COUNT_AGAIN_AFTER:
            with contextlib.suppress(OSError):  # it is told, not needed
                counted = self.outbox.count()
            self._counted = (time.monotonic(), counted)
        waiting, refused = counted
        return max(waiting - self._in_hand, 0), refused


def seconds_for(entry: Entry) -> float:
    """Return how long one try may take."""
    if entry.kind is Kind.AUDIO:
        return AUDIO_SECONDS + entry.size / AUDIO_BYTES_A_SECOND
    return PATIENT_SECONDS


@contextlib.contextmanager
def job_is_dead(alive: Path) -> Iterator[bool]:
    """Tell whether the job that wrote a checkpoint is gone, and keep the lock it had."""
    try:
        file = alive.open("rb")
    except FileNotFoundError:  # it ends just now, or was cut off while it did
        yield True
        return
    with file:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
