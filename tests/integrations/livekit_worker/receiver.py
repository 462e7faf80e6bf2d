"""A small HTTP server in Zelto's place, with scripted answers."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

RECEIVED = json.dumps({"received": True})


@dataclass(frozen=True)
class Answer:
    status: int = 200
    text: str | bytes = RECEIVED
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Posted:
    """A post. at: by this machine's monotonic clock, seconds."""

    at: float
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


def hang(handler: Handler) -> None:
    """Send nothing until the test is over."""
    handler.receiver.over.wait()


def reset(handler: Handler) -> None:
    """Reset the connection (RST), as a dying proxy does."""
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.close()


def hang_up(handler: Handler) -> None:
    """Close in order, without an answer."""
    handler.connection.shutdown(socket.SHUT_RDWR)


def babble(handler: Handler) -> None:
    """Answer with bytes that are no HTTP."""
    handler.connection.sendall(b"\x15\x03\x01 this is no HTTP\r\n\r\n")


Step = Answer | Callable[["Handler"], None]


class Receiver:
    """A server that stores posts, and answers them by the room of the session.

    posted: what arrived, by the room that the session was in.
    answers: what each room's posts are answered in turn, the last one for good.
    """

    def __init__(self, answers: Mapping[str, Sequence[Step]]) -> None:
        self.answers = answers
        self.posted: dict[str, list[Posted]] = defaultdict(list)
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.base_url = ""

    def note(self, room: str, posted: Posted) -> Step:
        """Store a post, and return the next answer of its room."""
        with self.lock:
            self.posted[room].append(posted)
            count = len(self.posted[room])
        steps = self.answers.get(room, [Answer()])
        return steps[min(count, len(steps)) - 1]


class Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        room = (body.get("sessionReport") or body)["room"]
        posted = Posted(time.monotonic(), self.path, dict(self.headers), body)
        step = self.receiver.note(room, posted)
        if not isinstance(step, Answer):
            step(self)
            return
        text = step.text if isinstance(step.text, bytes) else step.text.encode()
        self.send_response(step.status)
        for name, value in step.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: a worker that gives up on a silent server is part of the tests."""


@contextmanager
def receiving(answers: Mapping[str, Sequence[Step]]) -> Iterator[Receiver]:
    """Run the server for the block."""
    receiver = Receiver(answers)
    handler = type("ScriptedHandler", (Handler,), {"receiver": receiver})
    server = Server(("127.0.0.1", 0), handler)
    receiver.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
