"""One stored recording, compared with what the storage has of it."""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from conversations.models import Recording
from conversations.object_store.aws_chunked import (
    MAX_LINE_BYTES,
    NotFramed,
    looks_framed,
    unframe,
)
from conversations.object_store.told import Told
from conversations.recordings.files import pieces_of, sha256_of, told_of
from conversations.recordings.incoming import incoming_file

SHA256 = re.compile(r"[0-9a-f]{64}")
# Framing adds a line to each chunk; whatever is twice as large is no framed copy.
MAX_GROWTH = 2
MAX_FRAMES_BYTES = 64 * 1024


class Kind(enum.StrEnum):
    """What is wrong with a stored file."""

    MISSING = "missing"
    FRAMED = "framed"
    LABELLED = "labelled"
    CHANGED = "changed"


class Finding(NamedTuple):
    """What is wrong, with a sentence that says what the storage has."""

    kind: Kind
    detail: str


class Summary(NamedTuple):
    """What was read of a file: bytes, digest in hexadecimal digits, its first bytes."""

    size: int
    sha256: str
    beginning: bytes


def check_recording(recording: Recording, *, is_quick: bool = False) -> Finding | None:
    """Compare the file of a recording with the size and the hash that it had when it was
    stored; None where it is as it was. Needs little memory, however large it is.

    is_quick: do not read one whose size is right.

    Raises:
        Exception: whatever the storage raises where it cannot be asked.
    """
    try:
        told = told_of(recording.file)
        if is_quick and told.size == recording.size and not told.encoding:
            return None
        read = summarize(pieces_of(recording.file))
    except FileNotFoundError:
        return Finding(Kind.MISSING, "The storage does not have it.")
    if is_as_stored(recording, read):
        return _label(told)
    if looks_framed(read.beginning) and _is_framed_copy(recording, read.size):
        return Finding(
            Kind.FRAMED,
            f"The framing of an upload (aws-chunked) is part of it: it has "
            f"{read.size:,} bytes in place of {recording.size:,}.",
        )
    if read.size != recording.size:
        detail = f"It has {read.size:,} bytes in place of {recording.size:,}."
    else:
        detail = "It has other bytes than were stored (SHA-256)."
    return Finding(Kind.CHANGED, detail)


def summarize(pieces: Iterable[bytes]) -> Summary:
    """Read a file to its end, and keep its size, digest and beginning."""
    size, digest, beginning = 0, hashlib.sha256(), b""
    for piece in pieces:
        size += len(piece)
        digest.update(piece)
        if len(beginning) < MAX_LINE_BYTES:
            beginning = (beginning + piece)[:MAX_LINE_BYTES]
    return Summary(size, digest.hexdigest(), beginning)


def is_as_stored(recording: Recording, read: Summary) -> bool:
    """Tell whether this is the file that was stored; its name has its hash."""
    named = sha256_of(recording.file)
    if not SHA256.fullmatch(named):
        return read.size == recording.size
    return read.sha256 == named and read.size == (recording.size or read.size)


def unframed(copy: Path) -> Iterator[bytes]:
    """Yield what is in the frames of a file.

    Raises:
        NotFramed: it is not framed to its last byte.
    """
    with copy.open("rb") as file:
        yield from unframe(file)


def write_pieces(pieces: Iterable[bytes], path: Path) -> None:
    """Write a file, piece by piece."""
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece)


def _is_framed_copy(recording: Recording, size: int) -> bool:
    """Tell whether exactly what was stored is in the frames."""
    if size > (recording.size or 0) * MAX_GROWTH + MAX_FRAMES_BYTES:
        return False
    with incoming_file() as copy:
        write_pieces(pieces_of(recording.file), copy)
        try:
            return is_as_stored(recording, summarize(unframed(copy)))
        except NotFramed:
            return False


def _label(told: Told) -> Finding | None:
    """Return what is wrong with a label: none of ours has one, and players take it for
    a compression."""
    if not told.encoding:
        return None
    return Finding(
        Kind.LABELLED,
        f"Its bytes are right, and it is labelled Content-Encoding: {told.encoding}.",
    )
