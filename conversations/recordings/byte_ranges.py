"""Which bytes of a file a `Range` header asks for (RFC 9110). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

ONE_RANGE = re.compile(r"bytes=[ \t]*(\d*)-(\d*)[ \t]*", re.ASCII | re.IGNORECASE)
# No file is that long; what is longer is not read as a number.
MAX_DIGITS = 18


class NotThere(Exception):
    """The range begins behind the end, or is empty."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Consecutive bytes of a file.

    start: of the first byte. end: behind the last one. is_open: up to the end, however
    far that is.
    """

    start: int
    end: int
    is_open: bool = False

    @property
    def length(self) -> int:
        return self.end - self.start

    def at_most(self, length: int) -> ByteRange:
        """Return the beginning of it, of so many bytes or fewer."""
        return ByteRange(self.start, min(self.end, self.start + length), self.is_open)


def range_in(header: str | None, size: int) -> ByteRange | None:
    """Return the bytes that a header asks for, in a file of so many bytes.

    None where all of the file is to be given: without a range, with one that makes no
    sense, and with several, which a server may answer so.

    Raises:
        NotThere: the range begins behind the end, or is empty.
    """
    found = ONE_RANGE.fullmatch(header or "")
    if found is None or max(map(len, found.groups())) > MAX_DIGITS:
        return None
    first, last = found.groups()
    if not first:
        return _last_bytes(int(last), size) if last else None
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise NotThere
    if not last:
        return ByteRange(start, size, is_open=True)
    return ByteRange(start, min(int(last) + 1, size))


def _last_bytes(count: int, size: int) -> ByteRange:
    if not count or not size:
        raise NotThere
    return ByteRange(max(0, size - count), size)
