"""A server on loopback in Zelto's place: it keeps what it answers for, and can fail."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

KEY = "zelto_a-key-of-these-tests"
RECEIVED = json.dumps({"received": True})


@dataclass(frozen=True)
class Says:
    """An answer in place of the usual one."""

    status: int = 200
    text: str = RECEIVED
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Step = Says | Callable[["Handler"], None] | None


def hang(handler: Handler) -> None:
    """Send nothing until the test is over."""
    handler.zelto.over.wait()


def reset(handler: Handler) -> None:
    """Reset the connection (RST), as a dying proxy does."""
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.close()


def hang_up(handler: Handler) -> None:
    """Close in order, without an answer."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def babble(handler: Handler) -> None:
    """Answer with bytes that are no HTTP."""
    handler.close_connection = True
    handler.connection.sendall(b"\x15\x03\x01 this is no HTTP\r\n\r\n")


def drip(handler: Handler) -> None:
    """Send one byte of a header after another, each in time."""
    handler.close_connection = True
    while not handler.zelto.over.wait(0.1):
        handler.connection.sendall(b"H")


class Zelto:
    """What arrived, and how it is answered.

    calls: the bodies that were stored, by the call's id. audio: the same of recordings.
    step: decides on each request; None is the usual answer.
    """

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[Request] = []
        self.calls: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.audio: dict[str, list[bytes]] = defaultdict(list)
        self.step: Callable[[Request], Step] = lambda _request: None
        self.connections = 0
        self.check: dict[str, Any] = {}
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.arrived = threading.Condition(self.lock)

    def answers(self, *steps: Step) -> None:
        """Answer the next requests so, the last one for good."""
        left = list(steps)
        self.step = lambda _request: left.pop(0) if len(left) > 1 else left[0]

    def wait_for(self, is_there: Callable[[], bool], seconds: float = 20.0) -> bool:
        with self.arrived:
            return self.arrived.wait_for(is_there, seconds)

    def usual(self, request: Request) -> Says:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return Says(401, json.dumps({"detail": "This key is unknown."}))
        if request.method == "POST":
            body = json.loads(request.body)
            self.calls[body["call"]["externalId"]].append(body)
            return Says()
        if request.method == "PUT":
            return self.take_audio(request)
        return Says(200, json.dumps(self.worker_check(request)))

    def take_audio(self, request: Request) -> Says:
        job_id = unquote(request.path.split("/")[4])
        if job_id not in self.calls:
            return Says(404, json.dumps({"detail": "Nothing is known by that id."}))
        digest = base64.b64encode(hashlib.sha256(request.body).digest()).decode()
        if request.headers.get("Content-Digest") != f"sha-256=:{digest}:":
            return Says(400, json.dumps({"detail": "The digest does not fit."}))
        self.audio[job_id].append(request.body)
        return Says(202)

    def worker_check(self, request: Request) -> dict[str, Any]:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        told: dict[str, Any] = {
            "organization": "Northwind",
            "key": "worker",
            "scope": "ingest",
            "time": now,
        }
        asked = parse_qs(urlsplit(request.path).query).get("call")
        if asked:
            state = "arrived" if asked[0] in self.calls else "unknown"
            told["call"] = {"state": state}
        return told | self.check


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    zelto: Zelto

    def setup(self) -> None:
        super().setup()
        with self.zelto.lock:
            self.zelto.connections += 1

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # cut off: its sender was killed
            self.close_connection = True
            return
        request = Request(self.command, self.path, dict(self.headers), body)
        zelto = self.zelto
        step = zelto.step(request)
        with zelto.arrived:
            zelto.requests.append(request)
            if step is None:
                step = zelto.usual(request)
            zelto.arrived.notify_all()
        if not isinstance(step, Says):
            step(self)
            return
        self.send_response(step.status)
        for name, value in step.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(step.text.encode())))
        self.end_headers()
        self.wfile.write(step.text.encode())

    do_GET = do_POST = do_PUT = answer

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: senders that give up or are killed are part of the tests."""


@contextmanager
def running(port: int = 0) -> Iterator[Zelto]:
    """Run the server for the block."""
    zelto = Zelto()
    with serving(zelto, port):
        yield zelto


@contextmanager
def serving(zelto: Zelto, port: int = 0) -> Iterator[None]:
    """Serve what may have been away for a while."""
    handler = type("HandlerOfOne", (Handler,), {"zelto": zelto})
    server = Server(("127.0.0.1", port), handler)
    zelto.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}
    )
    thread.start()
    try:
        yield
    finally:
        zelto.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
