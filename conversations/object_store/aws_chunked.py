"""The framing that clients of S3 put around a body (`Content-Encoding: aws-chunked`). A
store that does not know it keeps it as part of the file.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and
sigv4-streaming-trailers.html beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

PIECE_BYTES = 64 * 1024
MAX_LINE_BYTES = 4096
MAX_TRAILERS = 20
CRLF = b"\r\n"
# The length of a chunk, with a signature or without.
HEAD = re.compile(rb"([0-9a-fA-F]{1,16})(?:;[ -~]*)?\r\n")
TRAILER = re.compile(rb"[!-9;-~]+:[ -~]*\r?\n")


class NotFramed(Exception):
    """It is not framed from its first byte to its last."""


def looks_framed(beginning: bytes) -> bool:
    """Tell whether a file that begins so may be framed."""
    return HEAD.match(beginning) is not None


def unframe(file: IO[bytes]) -> Iterator[bytes]:
    """Yield what is in the frames, up to `PIECE_BYTES` at a time. Several framed bodies
    may follow each other, as they do where each part of an upload was framed.

    Raises:
        NotFramed: a byte is in no frame, or the last frame is missing.
    """
    is_whole = False
    while line := file.readline(MAX_LINE_BYTES):
        head = HEAD.fullmatch(line)
        if head is None:
            raise NotFramed
        left = int(head[1], 16)
        is_whole = left == 0
        if is_whole:
            _skip_trailers(file)
            continue
        while left:
            piece = file.read(min(left, PIECE_BYTES))
            if not piece:
                raise NotFramed
            left -= len(piece)
            yield piece
        if file.read(len(CRLF)) != CRLF:
            raise NotFramed
    if not is_whole:
        raise NotFramed


def _skip_trailers(file: IO[bytes]) -> None:
    """Read up to the empty line that ends a body, or the end of the file.

    Raises:
        NotFramed: something else is there.
    """
    for _ in range(MAX_TRAILERS):
        line = file.readline(MAX_LINE_BYTES)
        if line in {CRLF, b""}:
            return
        if TRAILER.fullmatch(line) is None:
            raise NotFramed
    raise NotFramed
