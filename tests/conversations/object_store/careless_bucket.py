"""A server of S3 that keeps a body as it came, as s3rver 3.7.1 does: it knows no
`STREAMING-UNSIGNED-PAYLOAD-TRAILER`, so the frames of such a body become part of the
object, and its `Content-Encoding: aws-chunked` a label of it (recorded).
"""

from __future__ import annotations

import hashlib
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import ClassVar, Self
from urllib.parse import parse_qs, urlsplit


@dataclass(slots=True)
class Kept:
    """An object: its bytes, its tag, and the label that goes with it."""

    body: bytes
    etag: str
    encoding: str | None = None


def md5_of(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class CarelessBucket:
    """`bucket.objects` has what it keeps, by name; `bucket.requests` what was asked.

    keeps: makes of a body what is kept of it. etag_of: makes its tag.
    """

    context: ssl.SSLContext | None = None
    keeps: Callable[[bytes], bytes | None] = lambda body: body
    etag_of: Callable[[bytes], str] = md5_of
    objects: dict[str, Kept] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    parts: dict[int, bytes] = field(default_factory=dict)
    server: ThreadingHTTPServer = field(init=False)

    def __enter__(self) -> Self:
        self.server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Bound", (Handler,), {"bucket": self})
        )
        if self.context is not None:
            self.server.socket = self.context.wrap_socket(
                self.server.socket, server_side=True
            )
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        scheme = "https" if self.context else "http"
        return f"{scheme}://127.0.0.1:{self.server.server_address[1]}"

    def put(self, name: str, body: bytes, encoding: str | None) -> str:
        """Keep a body, and return its tag."""
        kept = self.keeps(body)
        etag = self.etag_of(body if kept is None else kept)
        if kept is not None:
            self.objects[name] = Kept(kept, etag, encoding)
        return etag


class Handler(BaseHTTPRequestHandler):
    bucket: ClassVar[CarelessBucket]
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = self._body()
        if number := self._query().get("partNumber"):
            self.bucket.parts[int(number[0])] = body
            self._answer(200, ETag=f'"{md5_of(body)}"')
            return
        etag = self.bucket.put(self._name(), body, self.headers["Content-Encoding"])
        self._answer(200, ETag=f'"{etag}"')

    def do_POST(self) -> None:
        self._body()
        if "uploads" in self._query():
            self.bucket.parts.clear()
            self._xml("InitiateMultipartUploadResult", "<UploadId>1</UploadId>")
            return
        parts = self.bucket.parts
        whole = b"".join(parts[number] for number in sorted(parts))
        self.bucket.put(self._name(), whole, None)
        digests = b"".join(
            bytes.fromhex(md5_of(parts[number])) for number in sorted(parts)
        )
        etag = f"{md5_of(digests)}-{len(parts)}"
        if self.bucket.etag_of is md5_of:
            self.bucket.objects[self._name()].etag = etag
        self._xml("CompleteMultipartUploadResult", f"<ETag>{etag}</ETag>")

    def do_GET(self) -> None:
        kept = self.bucket.objects.get(self._name())
        if kept is None:
            self._answer(404)
            return
        named = {"ETag": f'"{kept.etag}"'} if kept.etag else {}
        if kept.encoding:
            named["Content-Encoding"] = kept.encoding
        self._answer(200, kept.body, **named)

    do_HEAD = do_GET

    def do_DELETE(self) -> None:
        self.bucket.objects.pop(self._name(), None)
        self._answer(204)

    def _name(self) -> str:
        return urlsplit(self.path).path.split("/", 2)[2]

    def _query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.path).query, keep_blank_values=True)

    def _body(self) -> bytes:
        if self.headers["Transfer-Encoding"] != "chunked":
            return self.rfile.read(int(self.headers["Content-Length"] or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _xml(self, name: str, inner: str) -> None:
        body = f"<{name}>{inner}</{name}>".encode()
        self._answer(200, body, **{"Content-Type": "application/xml"})

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.bucket.requests.append(f"{self.command} {status}")
        self.bucket.headers.append(dict(self.headers.items()))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass
