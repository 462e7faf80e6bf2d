"""Read messages of protobuf by their numbers, within a bound.

The library reads a message as a whole: of 5 MiB that may be millions of empty ones, and
hundreds of megabytes. Here each field is paid for before it is read. Pure.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
MAX_VARINT_BYTES = 10


class NotProtobuf(Exception):
    """The bytes are no message, or hold more than they may; says which."""


class Budget:
    """How many fields may still be read."""

    def __init__(self, fields: int) -> None:
        self.limit = fields
        self._left = fields

    def spend(self) -> None:
        """Count one more field.

        Raises:
            NotProtobuf: there were more than the limit.
        """
        self._left -= 1
        if self._left < 0:
            raise NotProtobuf(f"has more than {self.limit:,} fields")


def fields(data: bytes, budget: Budget) -> Iterator[tuple[int, int, int | bytes]]:
    """Yield each field: its number, its wire type, and its value: an unsigned number, or
    the bytes of a text or a message.

    Raises:
        NotProtobuf: the bytes end too early, or use what no longer exists.
    """
    at = 0
    while at < len(data):
        budget.spend()
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        value: int | bytes
        if kind == VARINT:
            value, at = _varint(data, at)
        elif kind == BYTES:
            length, at = _varint(data, at)
            value, at = _cut(data, at, length), at + length
        elif kind == FIXED64:
            value, at = int.from_bytes(_cut(data, at, 8), "little"), at + 8
        elif kind == FIXED32:
            value, at = int.from_bytes(_cut(data, at, 4), "little"), at + 4
        else:
            raise NotProtobuf(f"has a field of the unknown type {kind}")
        if not number:
            raise NotProtobuf("has a field without a number")
        yield number, kind, value


def messages(data: bytes, number: int, budget: Budget) -> Iterator[bytes]:
    """Yield the messages of one number.

    Raises:
        NotProtobuf: as of `fields`.
    """
    for found, kind, value in fields(data, budget):
        if found == number and kind == BYTES:
            assert isinstance(value, bytes)  # noqa: S101 - of that type
            yield value


def text(value: int | bytes) -> str:
    """Return a text; what is no UTF-8 in it becomes U+FFFD."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def number(value: int | bytes) -> int:
    """Return a number; 0 where the field has another type than it should."""
    return value if isinstance(value, int) else 0


def signed(value: int | bytes) -> int:
    """Return an int64, which is written as its two's complement."""
    unsigned = number(value)
    return unsigned - (1 << 64) if unsigned >= 1 << 63 else unsigned


def double(value: int | bytes) -> float:
    """Return a double, which is written as eight bytes."""
    found: float = struct.unpack("<d", number(value).to_bytes(8, "little"))[0]
    return found


def _cut(data: bytes, at: int, length: int) -> bytes:
    if at + length > len(data):
        raise NotProtobuf("ends in the middle of a field")
    return data[at : at + length]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for count in range(MAX_VARINT_BYTES):
        if at + count >= len(data):
            raise NotProtobuf("ends in the middle of a number")
        byte = data[at + count]
        value |= (byte & 0x7F) << 7 * count
        if byte < 0x80:
            return value & (1 << 64) - 1, at + count + 1
    raise NotProtobuf("has a number of more than ten bytes")


def written(number: int, value: bytes | int) -> bytes:
    """Return one field as bytes: a number, or a text or message by its bytes."""
    if isinstance(value, int):
        return _written_varint(number << 3 | VARINT) + _written_varint(value)
    head = _written_varint(number << 3 | BYTES) + _written_varint(len(value))
    return head + value


def _written_varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
