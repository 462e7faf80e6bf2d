"""Reading a multipart body as it arrives (RFC 7578): one part goes to disk, others to
memory, each within its limit, whatever the headers say of the body.

Django's own parser reads a field only as a whole, and has no limit for a file.
"""

from __future__ import annotations

import logging
import os
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import IO, Any

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import (
    ChunkIter,
    LazyStream,
    MultiPartParserError,
    Parser,
)
from django.utils.http import parse_header_parameters

from integrations.providers.faults import shown
from integrations.request_body import BodyFault

logger = logging.getLogger(__name__)

CHUNK_BYTES = 64 * 1024
# What surrounds the parts at most: boundaries and headers.
FRAME_BYTES = 64 * 1024
MAX_PARTS = 20
# The end of a body, where its last boundary must be.
TAIL_BYTES = 4096
ENDED_EARLY = "The body ended before its last part did."
GZIP = b"\x1f\x8b\x08"
# Of a file that is too large and is left out: a hundred hours of sound. A sender who is
# answered before its end may take that for a failure.
MOST_READ_PAST = 4 * 1024**3


class FileFault(StrEnum):
    """Why a file is not here: it was too large, ended too early, or had no room."""

    TOO_LARGE = "too large"
    CUT = "cut"
    NO_ROOM = "no room"


@dataclass(slots=True)
class Parts:
    """What a multipart body held, but for the bytes of the file.

    kept: the bytes of each part that goes to memory, by its name; of several with one
        name, the first. counts: how many parts had a name. file_bytes: length of the
        first file. others: names of parts that nobody asked for.
    last: the name of the part that began last. is_cut: the body ended before its end.
    file_fault: why the file is not here, where the rest was taken without it.
    """

    kept: dict[str, bytes] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    file_bytes: int = 0
    others: list[str] = field(default_factory=list)
    last: str = ""
    is_cut: bool = False
    file_fault: FileFault | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which parts are read.

    to_disk: the name of the part that is a file, of at most `most_file` bytes.
    to_memory: the bytes that other parts may have, by name.
    takes_rest: where the file cannot be had, the other parts are taken without it.
    """

    to_disk: str
    most_file: int
    to_memory: Mapping[str, int]
    takes_rest: bool = False

    @property
    def most(self) -> int:
        """Return the bytes that are kept at most, and what surrounds them."""
        return self.most_file + sum(self.to_memory.values()) + FRAME_BYTES

    @property
    def most_read(self) -> int:
        """Return the bytes that the whole body may have, as sent."""
        return self.most + (MOST_READ_PAST if self.takes_rest else 0)


def read_parts(request: HttpRequest, file: IO[bytes], wanted: Wanted) -> Parts:
    """Read the body, write one part to `file`, and return what else it held.

    Raises:
        BodyFault: the body is not multipart, not whole, or too large.
    """  # noqa: DOC501 - a function makes it
    boundary = _boundary(request)
    body = _Body(request, wanted, boundary)
    if body.announced > body.limit:
        raise file_too_large(wanted.most_file)
    source: Any = body
    stream = LazyStream(ChunkIter(source, CHUNK_BYTES))
    parts = Parts()
    try:
        for number, (_, headers, content) in enumerate(Parser(stream, boundary)):
            if number > MAX_PARTS:
                raise BodyFault(400, f"The body has more than {MAX_PARTS} parts.")
            parts.last = _name_in(headers)
            _take(parts.last, content, parts, file, wanted)
    except (MultiPartParserError, SuspiciousOperation) as error:
        raise BodyFault(400, f"The body is not multipart: {error}") from error
    _require_whole(body, parts, wanted)
    if parts.file_fault is None:
        file.flush()
    return parts


def _require_whole(body: _Body, parts: Parts, wanted: Wanted) -> None:
    if body.is_whole():
        return
    parts.is_cut = True
    if not wanted.takes_rest:
        raise BodyFault(400, ENDED_EARLY)
    # Also where it had not begun: its sender had more to send.
    parts.file_fault = parts.file_fault or FileFault.CUT


def _take(
    name: str, content: Iterable[bytes], parts: Parts, file: IO[bytes], wanted: Wanted
) -> None:
    is_first = not parts.counts[name]
    parts.counts[name] += 1
    if name == wanted.to_disk and is_first:
        for chunk in content:
            parts.file_bytes += len(chunk)
            if parts.file_fault is None:
                _write(chunk, parts, file, wanted)
        return
    if name in wanted.to_memory and is_first:
        parts.kept[name] = _kept(name, content, wanted.to_memory[name])
        return
    if name not in (wanted.to_disk, "", *wanted.to_memory):
        parts.others.append(name)
    for _ in content:
        pass


def _write(chunk: bytes, parts: Parts, file: IO[bytes], wanted: Wanted) -> None:
    if parts.file_bytes > wanted.most_file:
        if not wanted.takes_rest:
            raise file_too_large(wanted.most_file)
        parts.file_fault = FileFault.TOO_LARGE
    else:
        try:
            _write_all(chunk, file)
        except OSError:
            if not wanted.takes_rest:
                raise
            logger.exception("A file that arrives could not be written")
            parts.file_fault = FileFault.NO_ROOM
    if parts.file_fault is not None:
        # The rest of it is read, and goes nowhere.
        os.ftruncate(file.fileno(), 0)


def _write_all(chunk: bytes, file: IO[bytes]) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[file.write(rest) :]


def _kept(name: str, content: Iterable[bytes], most: int) -> bytes:
    kept = bytearray()
    for chunk in content:
        kept += chunk
        if len(kept) > most:
            raise BodyFault(
                413, f"The part {name} is over the limit of {most:,} bytes."
            )
    return bytes(kept)


def _boundary(request: HttpRequest) -> bytes:
    kind, options = parse_header_parameters(request.headers.get("Content-Type", ""))
    if kind != "multipart/form-data":
        raise BodyFault(
            415,
            f"Send the body as multipart/form-data; got {shown(kind or 'nothing')}.",
        )
    boundary: bytes = options.get("boundary", "").encode("ascii", "replace")
    if not 0 < len(boundary) <= 200:
        raise BodyFault(400, "The Content-Type of the body names no boundary.")
    return boundary


def _name_in(headers: dict[str, Any]) -> str:
    """Return the name of a part; empty where it has none."""
    _, options = headers.get("content-disposition", ("", {}))
    name: bytes = options.get("name", b"")
    return name.decode("utf-8", "replace")[:100]


def file_too_large(limit: int) -> BodyFault:
    """Return the 413 of a file over `limit` bytes."""
    return BodyFault(413, f"The file is over the limit of {limit:,} bytes.")


class _Body:
    """The stream of the body, which counts what it reads and knows its end.

    limit: bytes. announced: Content-Length; 0 for a chunked body.
    """

    def __init__(self, request: HttpRequest, wanted: Wanted, boundary: bytes) -> None:
        self.limit = wanted.most_read
        self.limit_unpacked = wanted.most
        self.received = 0
        self.unpack: Any = None
        self.end = b"--" + boundary + b"--"
        self.announced = int(request.META.get("CONTENT_LENGTH") or 0)
        self.seen = 0
        self.tail = b""
        if self.announced:
            self.source: Any = request
        elif request.META.get("wsgi.input_terminated"):
            self.source = request.META["wsgi.input"]
        else:
            raise BodyFault(411, "Send the body with a Content-Length header.")

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes; none where the client is gone. A body that was
        compressed as a whole is unpacked, whether a header says so or not.

        Raises:
            BodyFault: 413, more than `limit` arrived; 400, it is torn gzip.
        """
        data = self._receive(size) if self.unpack is None else b""
        if self.unpack is None and not self.seen and data.startswith(GZIP):
            self.unpack = _Gzip(data, self._receive)
            self.limit = self.limit_unpacked
            data = b""
        if self.unpack is not None:
            data = self.unpack.read(size)
        self.seen += len(data)
        if self.seen > self.limit:
            raise BodyFault(413, f"The body is over the limit of {self.limit:,} bytes.")
        self.tail = (self.tail + data)[-TAIL_BYTES:]
        return data

    def is_whole(self) -> bool:
        """Return whether the body came to its end; only once all of it was read."""
        return self.end in self.tail and self.received >= self.announced

    def _receive(self, size: int) -> bytes:
        try:
            data: bytes = self.source.read(size)
        except OSError:
            data = b""  # the client is gone
        self.received += len(data)
        return data


class _Gzip:
    """What was compressed, piece by piece."""

    def __init__(self, beginning: bytes, receive: Callable[[int], bytes]) -> None:
        self._inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._packed = beginning
        self._receive = receive

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes; none at the end.

        Raises:
            BodyFault: 400, a byte of it does not fit.
        """
        data = b""
        while not data and not self._inflater.eof:
            packed = self._packed or self._receive(size)
            try:
                data = self._inflater.decompress(packed, size)
            except zlib.error:
                raise BodyFault(400, "The gzip body is damaged.") from None
            self._packed = self._inflater.unconsumed_tail
            if not packed:
                break
        return data
