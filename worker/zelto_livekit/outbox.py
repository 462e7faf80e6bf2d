"""The folder that holds each session until Zelto has it.

    AJ_x.json                the body of a session that ended
    AJ_x.checkpoint          the same of one that still runs, or whose job died
    AJ_x.alive               locked by the job that writes the checkpoint, while it lives
    AJ_x.1764424000123.ogg   its recording, with the Unix milliseconds of its start
    refused/                 what Zelto refused, each with its `.answer` beside it

A name appears only once all of its bytes are on the disk, and what it names never
changes. Whoever sends a file has its lock (`flock`), which the kernel takes back from a
process that was killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, unquote

from zelto_livekit.answers import Answer

REFUSED = "refused"
BACKGROUND_LOCK = "sender.lock"
NAME = re.compile(
    r"(?P<job>.+?)\.(?:(?P<ms>\d+)\.(?=ogg$))?(?P<kind>json|checkpoint|ogg)"
)
MAX_TEMPORARY_AGE = 3_600.0  # seconds
FOR_OWNER_ALONE = 0o600


class Kind(Enum):
    """What a file holds; the value ends its name. Sent in this order."""

    SESSION = "json"
    CHECKPOINT = "checkpoint"
    AUDIO = "ogg"


@dataclass(frozen=True)
class Entry:
    """A file that waits. since: Unix seconds. size: bytes. started_at_ms: of audio."""

    path: Path
    kind: Kind
    job_id: str
    since: float
    size: int
    started_at_ms: int = 0


class Outbox:
    """The folder, which may be shared by the processes of one machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.refused = folder / REFUSED

    def make(self) -> None:
        """Make the folder, for its owner alone.

        Raises:
            OSError: where it cannot be made.

        """
        if not self.refused.is_dir():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.refused.mkdir(exist_ok=True, mode=0o700)

    def path_of(self, job_id: str, kind: Kind) -> Path:
        """Return where that file of a job lies, but for audio."""
        return self.folder / f"{quote(job_id, safe='')}.{kind.value}"

    def write(self, job_id: str, kind: Kind, body: bytes) -> BinaryIO:
        """Put a file there for good, and return it open and locked, to be sent.

        Raises:
            OSError: where the disk does not take it; nothing is left of it then.

        """
        self.make()
        return self._write(self.path_of(job_id, kind), body)

    def keep_audio(self, job_id: str, recording: Path, started_at: float) -> Path:
        """Keep a recording that the SDK is about to delete, by a link where one is possible.

        started_at: Unix seconds.

        Raises:
            OSError: where it is not there, or the disk does not take it.

        """
        self.make()
        name = f"{quote(job_id, safe='')}.{round(started_at * 1000)}.ogg"
        temporary = self.folder / f".{secrets.token_hex(8)}.tmp"
        try:
            try:
                os.link(recording, temporary)
            except OSError:  # another disk, or one without links
                shutil.copyfile(recording, temporary)
            temporary.chmod(FOR_OWNER_ALONE)
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.rename(self.folder / name)
            self._sync()
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return self.folder / name

    def entries(self) -> list[Entry]:
        """Return what waits: sessions, then checkpoints, then audio, the oldest first."""
        order = list(Kind)
        found = list(entries_in(self.folder))
        return sorted(found, key=lambda one: (order.index(one.kind), one.since))

    def count(self) -> tuple[int, int]:
        """Return how many sessions and recordings wait, and how many were refused."""
        waiting = [name for name in names_in(self.folder) if NAME.fullmatch(name)]
        ended = [name for name in waiting if not name.endswith(Kind.CHECKPOINT.value)]
        refused = [name for name in names_in(self.refused) if NAME.fullmatch(name)]
        return len(ended), len(refused)

    def has_session(self, job_id: str) -> bool:
        """Tell whether the whole session waits, or was refused."""
        name = self.path_of(job_id, Kind.SESSION).name
        return (self.folder / name).exists() or (self.refused / name).exists()

    def remove(self, entry: Entry) -> None:
        """Forget what Zelto has; with the whole session also what came before its end."""
        if entry.kind is not Kind.AUDIO:
            self.drop_checkpoint(entry.job_id)
        entry.path.unlink(missing_ok=True)

    def drop_checkpoint(self, job_id: str) -> None:
        """Forget what was written of a session before its end."""
        path = self.path_of(job_id, Kind.CHECKPOINT)
        path.unlink(missing_ok=True)
        path.with_suffix(".alive").unlink(missing_ok=True)

    def refuse(self, entry: Entry, answer: Answer) -> None:
        """Put a file aside, with the answer that it got.

        Raises:
            OSError: where the disk does not take the answer.

        """
        self.make()
        written = {
            "status": answer.status,
            "answer": answer.fields or answer.sentence,
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
        beside = self.refused / f"{entry.path.name}.answer"
        self._write(beside, json.dumps(written, indent=1).encode()).close()
        entry.path.rename(self.refused / entry.path.name)
        if entry.kind is Kind.CHECKPOINT:
            self.drop_checkpoint(entry.job_id)

    def put_back(self) -> int:
        """Let all that was refused wait again, and return how many they are.

        Raises:
            OSError: where a file cannot be moved.

        """
        moved = 0
        for entry in entries_in(self.refused):
            os.utime(entry.path)  # its age counts anew
            entry.path.rename(self.folder / entry.path.name)
            (self.refused / f"{entry.path.name}.answer").unlink(missing_ok=True)
            moved += 1
        return moved

    def remove_remains(self) -> None:
        """Delete what processes left that were killed while they wrote."""
        oldest = time.time() - MAX_TEMPORARY_AGE
        for name in names_in(self.folder):
            path = self.folder / name
            if not name.endswith((".tmp", ".alive")):
                continue
            with contextlib.suppress(FileNotFoundError):
                if path.lstat().st_mtime > oldest:
                    continue
                if name.endswith(".tmp"):
                    path.unlink()
                elif not path.with_suffix(f".{Kind.CHECKPOINT.value}").exists():
                    with locked(path) as file:  # of a job that still lives it is not
                        if file is not None:
                            path.unlink()

    def _write(self, path: Path, body: bytes) -> BinaryIO:
        """Write all, then give it its name; return it open and locked."""
        temporary = self.folder / f".{secrets.token_hex(8)}.tmp"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
        file = os.fdopen(os.open(temporary, flags, FOR_OWNER_ALONE), "w+b")
        try:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
            # The lock stays with the file under its new name: nobody comes in between.
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            temporary.rename(path)
            self._sync()
        except BaseException:
            temporary.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # it would write the rest once more
                file.close()
            raise
        return file

    def _sync(self) -> None:
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder, none where it is not there."""
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []


def entries_in(folder: Path) -> Iterator[Entry]:
    """Yield the files of a folder that are ours to send."""
    for name in names_in(folder):
        found = NAME.fullmatch(name)
        if not found or name.startswith("."):
            continue
        kind = Kind(found["kind"])
        if (kind is Kind.AUDIO) != (found["ms"] is not None):
            continue
        path = folder / name
        try:
            facts = path.stat()
        except FileNotFoundError:  # sent by another one
            continue
        yield Entry(
            path,
            kind,
            unquote(found["job"]),
            facts.st_mtime,
            facts.st_size,
            int(found["ms"] or 0),
        )


@contextlib.contextmanager
def locked(path: Path) -> Iterator[BinaryIO | None]:
    """Open a file that nobody else sends, or yield None where somebody does, or did."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield None
        return
    with file:
        yield file if take_lock(file, path) else None


def take_lock(file: BinaryIO, path: Path) -> bool:
    """Take the lock of an open file, and tell whether `path` still names that file."""
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
