"""The checks of a request before it is read as a call: type, encoding, size, JSON.

Bytes in, one JSON object out. Every refusal is a `BodyFault` that a view answers.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from typing import Any, NamedTuple

from django.conf import settings

from conversations.providers import DEFAULT_PROVIDER
from integrations.providers import PROVIDERS
from integrations.providers.faults import shown
from web.collector import collector_paused
from web.json_bounds import Bounds, OverBounds, check_bounds

MAX_DEPTH = 64
# Of a body of USUAL_BODY_BYTES; LiveKit's reports of that size have 60,000 and 250,000.
MAX_CONTAINERS = 100_000
MAX_VALUES = 300_000
USUAL_BODY_BYTES = 5 * 1024 * 1024
# Of less, the collector has little to look at.
LARGE_BYTES = 64 * 1024
# Nobody sends more; each one costs a set-up and a copy of what follows it.
MAX_GZIP_MEMBERS = 100
# What does not compress grows a little in gzip.
COMPRESSION_OVERHEAD_BYTES = 64 * 1024

COMPRESSIONS = {"gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress"}
ALIASES = {"x-gzip": "gzip"}
JSON_TYPE = re.compile(r"application/json|[\w.!#$&^-]+/[\w.!#$&^+-]+\+json")


class BodyFault(Exception):
    """Why a request cannot be taken: its status and a sentence to act on."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Envelope(NamedTuple):
    """What the headers say: a known provider, and `identity` or `gzip`."""

    provider: str
    encoding: str


def check_type(
    content_type: str | None,
    content_encoding: str | None,
    provider_header: str | None,
) -> Envelope:
    """Return what the three headers of these names say; None is an absent one.

    Raises:
        BodyFault: 415 for a type or an encoding that is not taken, 400 for an unknown
            provider.
    """
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type and not JSON_TYPE.fullmatch(media_type):
        raise BodyFault(
            415,
            f"Send the body with Content-Type: application/json; got {shown(media_type)}.",
        )
    named = (word.strip().lower() for word in (content_encoding or "").split(","))
    # Any other word is a label: some name a character set there, or the type.
    encodings = [ALIASES.get(word, word) for word in named if word in COMPRESSIONS]
    if encodings not in ([], ["gzip"]):
        raise BodyFault(
            415,
            f"Content-Encoding must be gzip or absent; got {shown(content_encoding)}.",
        )
    provider = known_provider(provider_header)
    return Envelope(provider, encodings[0] if encodings else "identity")


def known_provider(header: str | None) -> str:
    """Return the provider that `X-Zelto-Provider` names; without it, the default.

    Raises:
        BodyFault: 400, it names none that is known.
    """
    provider = (header or "").strip().lower() or DEFAULT_PROVIDER
    if provider not in PROVIDERS:
        known = ", ".join(sorted(PROVIDERS))
        raise BodyFault(
            400, f"X-Zelto-Provider must be one of {known}; got {shown(header)}."
        )
    return provider


def decompress(data: bytes, encoding: str, limit: int) -> bytes:
    """Return the body as it was before compression.

    encoding: `identity` or `gzip`, as in an `Envelope`.

    Raises:
        BodyFault: 413, decompressed it is over `limit` bytes; 400, it is not whole
            gzip.
    """  # noqa: DOC501 - a function makes it
    if encoding == "gzip":
        return _gunzip(data, limit)
    if len(data) > limit:
        raise too_large(limit)
    return data


def too_large(limit: int) -> BodyFault:
    """Return the 413 of a body over `limit` bytes."""
    return BodyFault(
        413,
        f"The body is over the limit of {limit:,} bytes, counted after decompression.",
    )


def _gunzip(data: bytes, limit: int) -> bytes:
    parts: list[bytes] = []
    room = limit + 1
    rest = data
    for _ in range(MAX_GZIP_MEMBERS):
        inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        try:
            part = inflater.decompress(rest, room)
        except zlib.error:
            raise BodyFault(
                400, "The body is not gzip, although Content-Encoding says so."
            ) from None
        parts.append(part)
        room -= len(part)
        if room == 0:
            raise too_large(limit)
        if not inflater.eof:
            raise BodyFault(400, "The gzip body ends before its last byte.")
        rest = inflater.unused_data.lstrip(b"\0")  # padding, as gzip itself allows
        if not rest:
            return b"".join(parts)
    raise BodyFault(400, f"The gzip body has more than {MAX_GZIP_MEMBERS} members.")


def parse(data: bytes, *, called: str = "The body") -> dict[str, Any]:
    """Return the one JSON object in the body; numbers no double can hold become null.

    called: what the sentences of a `BodyFault` call the body.

    Raises:
        BodyFault: 400, it is not UTF-8, empty, not JSON, no object or nested deeper
            than `MAX_DEPTH` levels; 413, it holds more than `bounds` allow.
    """  # noqa: DOC501 - functions make some
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BodyFault(
            400, f"{called} is not UTF-8: byte {error.start} does not fit."
        ) from None
    if not text.strip():
        raise BodyFault(400, f"{called} is empty; send one JSON object.")
    try:
        check_bounds(data, bounds())
        value = _decode(text)
    except OverBounds as over:
        raise too_much(over, called) from None
    except json.JSONDecodeError as error:
        raise BodyFault(
            400,
            f"{called} is not JSON: {error.msg.removesuffix(' at')} at line {error.lineno}, "
            f"column {error.colno}.",
        ) from None
    if not isinstance(value, dict):
        raise BodyFault(400, f"{called} must be one JSON object; got {shown(value)}.")
    return value


def bounds() -> Bounds:
    """Return how much a body may hold: more where the settings allow longer ones."""
    size = max(settings.MAX_BODY_BYTES, USUAL_BODY_BYTES)
    return Bounds(
        containers=MAX_CONTAINERS * size // USUAL_BODY_BYTES,
        values=MAX_VALUES * size // USUAL_BODY_BYTES,
        depth=MAX_DEPTH,
    )


def too_much(over: OverBounds, called: str = "The body") -> BodyFault:
    """Return the refusal of a body that holds too much: 400 for its depth, else 413."""
    if over.what == "depth":
        return BodyFault(400, f"{called} is nested deeper than {over.limit} levels.")
    noun = "objects and lists" if over.what == "containers" else "values"
    return BodyFault(413, f"{called} has more than {over.limit:,} {noun}.")


def _decode(text: str) -> Any:
    if len(text) < LARGE_BYTES:
        return _DECODER.decode(text)
    with collector_paused():
        return _DECODER.decode(text)


def _integer(digits: str) -> int | None:
    # Longer ones neither fit a double nor, past 4,300 digits, Python's own limit.
    if len(digits) > 300 and math.isinf(float(digits)):
        return None
    return int(digits)


def _float(digits: str) -> float | None:
    number = float(digits)
    return None if math.isinf(number) else number


_DECODER = json.JSONDecoder(
    parse_int=_integer, parse_float=_float, parse_constant=lambda _name: None
)
