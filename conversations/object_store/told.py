"""What a storage says of its files, and how it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable


class Told(NamedTuple):
    """What a storage says of a file, without sending it.

    size: bytes, where it is told. etag: without its quotes. encoding: the label
    `Content-Encoding` that goes with it.
    """

    size: int | None
    etag: str = ""
    encoding: str = ""


@runtime_checkable
class TellingStorage(Protocol):
    """A storage that says what it has."""

    def told(self, name: str) -> Told:
        """Return what it says of a file."""

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a file, piece by piece."""

    def etags_of(self, path: Path) -> set[str]:
        """Return the tags that it may give to this file."""
