"""A server on loopback to which channels post: it keeps what it gets, and answers what a test
wants.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Post:
    """One request. path: with its query. headers: names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int = 200
    body: bytes = b"ok"
    headers: tuple[tuple[str, str], ...] = ()


# Of a request, called before it is answered.
Then = Callable[[Post], None]


class Receiver:
    """Keep each post; answer with `replies`, one after the other, the last again and again.

    hold: while it is cleared, nobody is answered. then: called with each post.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.posts: list[Post] = []
        self.replies: list[Reply] = [Reply()]
        self.hold = threading.Event()
        self.hold.set()
        self.then: Then = lambda post: None
        self.tls = tls
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def answers(self, *replies: Reply) -> None:
        """Answer with these from now on."""
        self.replies = list(replies)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=[0.02]).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.hold.set()
        self._server.shutdown()
        self._server.server_close()

    def _take(self, post: Post) -> Reply:
        with self._lock:
            self.posts.append(post)
            many = len(self.replies) > 1
            reply = self.replies.pop(0) if many else self.replies[0]
        self.then(post)
        self.hold.wait(30)
        return reply

    def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers.get("content-length", 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                post = Post(self.path, headers, self.rfile.read(size))
                reply = receiver._take(post)
                self.send_response(reply.status)
                for name, value in reply.headers:
                    self.send_header(name, value)
                self.send_header("content-length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *words: object) -> None:
                pass

            def handle(self) -> None:
                with suppress(ConnectionError, ssl.SSLError):  # who was cut off
                    super().handle()

        return Handler
