"""A foreign server on loopback, which sends exactly the bytes that a test gives it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

Say = Callable[[socket.socket], None]


class FarServer:
    """A server of scripted answers: `server.says("/a.ogg", answer(audio))`.

    `server.heads` are the requests it got, `server.connections` counts who connected at
    all. tls: what it shows who connects; without, it speaks plain HTTP.
    """

    def __init__(
        self, address: str = "127.0.0.1", tls: ssl.SSLContext | None = None
    ) -> None:
        self.tls = tls
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.create_server((address, 0), family=family)
        self.port: int = self.listener.getsockname()[1]
        self.connections = 0
        self.heads: list[str] = []
        self.closed = threading.Event()
        self._says: dict[str, list[Say]] = {}
        self._clients: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def says(self, path: str, *answers: Say | bytes) -> str:
        """Answer a path with these, one after the other, the last one again and again;
        return its address.
        """
        self._says[path] = [
            one if callable(one) else (lambda to, one=one: to.sendall(one))  # type: ignore[misc]
            for one in answers
        ]
        return f"{self.url}{path}"

    def __enter__(self) -> Self:
        self._begin(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closed.set()
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for client in self._clients:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            client.close()
        for thread in self._threads:
            thread.join(10)

    def _begin(self, what: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=what, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.closed.is_set():
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self._clients.append(client)
            self._begin(self._serve, client)

    def _secured(self, client: socket.socket) -> socket.socket:
        return self.tls.wrap_socket(client, server_side=True) if self.tls else client

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client, self._secured(client) as client:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(65536)
                if not piece:
                    return
                head += piece
            self.heads.append(head.decode("latin-1"))
            path = head.split(b" ")[1].decode("latin-1").partition("?")[0]
            answers = self._says.get(path, [lambda to: to.sendall(answer(status=404))])
            (answers.pop(0) if len(answers) > 1 else answers[0])(client)


def answer(body: bytes = b"", status: int = 200, **headers: object) -> bytes:
    """Return the bytes of an answer, as `answer(audio, content_type="audio/ogg")`."""
    fields = {"content_length": len(body), "connection": "close"} | headers
    lines = [f"HTTP/1.1 {status} So"] + [
        f"{name.replace('_', '-')}: {value}"
        for name, value in fields.items()
        if value is not None
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def drip(pieces: Iterator[bytes], closed: threading.Event, every: float = 0.05) -> Say:
    """Return an answer that sends a piece every so many seconds, until the client or
    the server is gone.
    """

    def say(to: socket.socket) -> None:
        for piece in pieces:
            to.sendall(piece)
            if closed.wait(every):
                return

    return say


def endless(head: bytes, piece: bytes = bytes(65536)) -> Say:
    """Return an answer that never ends."""

    def say(to: socket.socket) -> None:
        to.sendall(head)
        while True:
            to.sendall(piece)

    return say
