"""A file that is packed into something: compressed, or framed for an upload.

What its bytes are decides, and hardly ever what a header calls them: many name a
compression that is none, or that somebody has undone on the way.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import IO

from django.conf import settings

from conversations.object_store.aws_chunked import (
    MAX_LINE_BYTES,
    NotFramed,
    looks_framed,
    unframe,
)
from conversations.recordings.incoming import incoming_file

# A recording that was compressed twice and then framed.
MAX_LAYERS = 3
PIECE_BYTES = 64 * 1024
GZIP = b"\x1f\x8b\x08"
# Each one costs a set-up and a copy of what follows it.
MAX_GZIP_MEMBERS = 10_000
# Of zlib: what is around the compressed bytes.
IN_GZIP, IN_ZLIB, BARE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
# What a header may name and nothing here undoes.
CANNOT_UNPACK = {"br", "zstd", "compress", "x-compress", "dcb", "dcz"}
COMPRESSIONS = CANNOT_UNPACK | {"gzip", "x-gzip", "deflate"}

Unpack = Callable[[IO[bytes]], Iterator[bytes]]


class UnpacksTooLarge(Exception):
    """Unpacked it is larger than a recording may be."""


class NotWhole(Exception):
    """It does not unpack to its last byte."""


def codings_in(header: str) -> list[str]:
    """Return what a `Content-Encoding` names, in lower case."""
    return [word for part in header.split(",") if (word := part.strip().lower())]


def unpack(
    path: Path,
    *,
    codings: Collection[str] = (),
    tick: Callable[[], object] = lambda: None,
) -> None:
    """Replace a file by what is packed in it, up to `MAX_LAYERS` deep, each layer of at
    most `MAX_AUDIO_BYTES`. What does not unpack to its last byte stays as it is.

    codings: what a header names; it counts for `deflate` alone, which no byte tells.
    tick: called again and again meanwhile; what it raises ends it.

    Raises:
        UnpacksTooLarge: a layer is larger; the file stays as it is.
        OSError: what is unpacked cannot be written.
    """
    for _ in range(MAX_LAYERS):
        ways = _ways(path, codings)
        if not any(_is_replaced(path, way, tick) for way in ways):
            return


def _ways(path: Path, codings: Collection[str]) -> list[Unpack]:
    with path.open("rb") as file:
        beginning = file.read(MAX_LINE_BYTES)
    if beginning.startswith(GZIP):
        return [_gunzip]
    if looks_framed(beginning):
        return [unframe]
    # Some send it with the frame of zlib, as they should, and some without.
    return [_inflate, _inflate_bare] if "deflate" in codings and beginning else []


def _is_replaced(path: Path, way: Unpack, tick: Callable[[], object]) -> bool:
    with incoming_file() as unpacked:
        size = 0
        try:
            with path.open("rb") as source, unpacked.open("wb") as target:
                for piece in way(source):
                    tick()
                    size += len(piece)
                    if size > settings.MAX_AUDIO_BYTES:
                        raise UnpacksTooLarge
                    target.write(piece)
        except (NotFramed, NotWhole, zlib.error):
            return False
        unpacked.replace(path)
    return True


def _gunzip(file: IO[bytes]) -> Iterator[bytes]:
    return _inflated(file, IN_GZIP, MAX_GZIP_MEMBERS)


def _inflate(file: IO[bytes]) -> Iterator[bytes]:
    return _inflated(file, IN_ZLIB, 1)


def _inflate_bare(file: IO[bytes]) -> Iterator[bytes]:
    return _inflated(file, BARE, 1)


def _inflated(file: IO[bytes], frame: int, most: int) -> Iterator[bytes]:
    """Yield up to `PIECE_BYTES` at a time, and an empty piece now and then.

    most: members that may follow each other.

    Raises:
        NotWhole: it ends before its end, or something else follows.
        zlib.error: it is damaged.
    """
    inflater = zlib.decompressobj(frame)
    while piece := file.read(PIECE_BYTES):
        while True:
            if inflater.eof:
                piece = piece.lstrip(b"\0")  # padding, as gzip itself allows
                if not piece:
                    break
                most -= 1
                if not most:
                    raise NotWhole
                inflater = zlib.decompressobj(frame)
            unpacked = inflater.decompress(piece, PIECE_BYTES)
            yield unpacked
            piece = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            # Where a piece is full, more of it may be held back.
            if not piece and len(unpacked) < PIECE_BYTES:
                break
    if not inflater.eof:
        raise NotWhole
