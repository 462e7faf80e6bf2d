"""A multipart body as it arrives: one part goes to disk, one to memory, each within its
limit, whatever the body as a whole says of itself.

Django's own reading would hold a long field back, and knows no limit for a file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
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

CHUNK_BYTES = 64 * 1024
# What surrounds the parts: boundaries and headers.
FRAME_BYTES = 64 * 1024
MAX_PARTS = 20
# The end of a body, where its last boundary must be.
TAIL_BYTES = 4096


@dataclass(slots=True)
class Parts:
    """call: the bytes of that part. Counts of those that a name had; others: the names
    of parts that are neither."""

    call: bytes = b""
    calls: int = 0
    files: int = 0
    file_bytes: int = 0
    others: list[str] = field(default_factory=list)


def read_parts(
    request: HttpRequest, file: IO[bytes], *, most_file: int, most_call: int
) -> Parts:
    """Writes the part `file` to the file. Raises `BodyFault`."""
    boundary = _boundary(request)
    body = _Body(request, most_file + most_call + FRAME_BYTES, boundary)
    if body.announced > body.limit:
        raise file_too_large(most_file)
    source: Any = body
    stream = LazyStream(ChunkIter(source, CHUNK_BYTES))
    parts = Parts()
    try:
        for number, (_, headers, content) in enumerate(Parser(stream, boundary)):
            if number > MAX_PARTS:
                raise BodyFault(400, f"The body has more than {MAX_PARTS} parts.")
            _take(_name_in(headers), content, parts, file, most_file, most_call)
    except (MultiPartParserError, SuspiciousOperation) as error:
        raise BodyFault(400, f"The body is not multipart: {error}") from error
    if not body.is_whole():
        raise BodyFault(400, "The body ended before its last part did.")
    file.flush()
    return parts


def _take(
    name: str,
    content: Iterable[bytes],
    parts: Parts,
    file: IO[bytes],
    most_file: int,
    most_call: int,
) -> None:
    if name == "file" and not parts.files:
        parts.files = 1
        for chunk in content:
            parts.file_bytes += len(chunk)
            if parts.file_bytes > most_file:
                raise file_too_large(most_file)
            file.write(chunk)
        return
    if name == "call" and not parts.calls:
        parts.calls = 1
        kept = bytearray()
        for chunk in content:
            kept += chunk
            if len(kept) > most_call:
                raise BodyFault(
                    413, f"The part call is over the limit of {most_call:,} bytes."
                )
        parts.call = bytes(kept)
        return
    parts.files += name == "file"
    parts.calls += name == "call"
    if name not in ("file", "call", ""):
        parts.others.append(name)
    for _ in content:
        pass


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
    """Of a part; empty where it has none."""
    _, options = headers.get("content-disposition", ("", {}))
    name: bytes = options.get("name", b"")
    return name.decode("utf-8", "replace")[:100]


def file_too_large(limit: int) -> BodyFault:
    return BodyFault(413, f"The file is over the limit of {limit:,} bytes.")


class _Body:
    """What arrives, counted: a body of a client that went away is no body."""

    def __init__(self, request: HttpRequest, limit: int, boundary: bytes) -> None:
        self.limit = limit
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
        try:
            data: bytes = self.source.read(size)
        except OSError:
            data = b""  # the client is gone
        self.seen += len(data)
        if self.seen > self.limit:
            raise BodyFault(413, f"The body is over the limit of {self.limit:,} bytes.")
        self.tail = (self.tail + data)[-TAIL_BYTES:]
        return data

    def is_whole(self) -> bool:
        """Once it was read to its end."""
        return self.end in self.tail and self.seen >= self.announced
