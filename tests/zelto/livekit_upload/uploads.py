"""Uploads of LiveKit's to a running stack, by sockets: also such that no client sends."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass

from tests.zelto import filled_folder
from tests.zelto.faults.ledger import database
from tests.zelto.faults.load import provision
from tests.zelto.stack import Stack

SESSION = "/observability/recordings/v0"
LOGS = "/observability/logs/otlp/v0"
INTO_UPLOAD_KEY = "UPDATE accounts_apikey SET scope = 'ingest'"
PATIENCE = 60.0  # seconds


def upload_key(stack: Stack) -> str:
    """Return a key of the scope ingest."""
    key: str = provision(stack)["apiKey"]
    with database(stack) as ask:
        ask(INTO_UPLOAD_KEY)
    return key


def another_upload_key(stack: Stack, name: str) -> str:
    """Return a further key: what a key may post in a minute is counted by the key."""
    made = filled_folder.last_line(
        stack.manage(*filled_folder.PROVISION[:-1], name, "--key-scope", "ingest")
    )
    key: str = json.loads(made)["apiKey"]
    return key


@dataclass(frozen=True)
class Uploads:
    """Posts to the upload address of one key."""

    stack: Stack
    key: str

    def post(self, path: str, body: bytes, **headers: str) -> int:
        """Return the status; 0 where the connection was closed without one."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(self.connection()) as connection:
            try:
                connection.request("POST", f"/livekit/{self.key}{path}", body, named)
                return connection.getresponse().status
            except (OSError, http.client.HTTPException):
                return 0

    def send(
        self, path: str, pieces: Iterable[bytes], length: int | str, **headers: str
    ) -> int:
        """Send a body piece by piece, under whatever length; one that is shorter ends with
        the end of that side of the connection.
        """
        sent = 0
        address = ("127.0.0.1", self.stack.port)
        with socket.create_connection(address, timeout=PATIENCE) as sock:
            sock.sendall(self.head(path, length, **headers))
            with suppress(OSError):  # it is answered before its end
                for piece in pieces:
                    sock.sendall(piece)
                    sent += len(piece)
                if sent != length:
                    sock.shutdown(socket.SHUT_WR)
            return status_in(sock)

    def head(self, path: str, length: int | str, **headers: str) -> bytes:
        lines = [
            f"POST /livekit/{self.key}{path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.stack.port}",
            f"Content-Length: {length}",
            *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode()

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(
            "127.0.0.1", self.stack.port, timeout=PATIENCE
        )


def status_in(sock: socket.socket) -> int:
    """Return the status of an answer; 0 where there is none."""
    answer = b""
    with suppress(OSError):
        while b"\r\n" not in answer and (part := sock.recv(4096)):
            answer += part
    words = answer.split(b" ", 2)
    return int(words[1]) if len(words) > 1 else 0
