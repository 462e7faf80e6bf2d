"""Bodies as clients of S3 frame them."""

from __future__ import annotations

import base64
import zlib


def framed(body: bytes, *, size: int = 65_536, signed: bool = False) -> bytes:
    """Return a body in chunks of a size, as boto3 1.44 sends them with a checksum
    behind, or signed one by one, as the SDK for Java 1 does."""
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    mark = b";chunk-signature=" + b"0a" * 32 if signed else b""
    lines = [b"%x%s\r\n%s\r\n" % (len(piece), mark, piece) for piece in pieces]
    crc = base64.b64encode(zlib.crc32(body).to_bytes(4, "big"))
    trailer = b"" if signed else b"x-amz-checksum-crc32:%s\r\n" % crc
    return b"".join(lines) + b"0" + mark + b"\r\n" + trailer + b"\r\n"
