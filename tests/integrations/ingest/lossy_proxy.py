"""A proxy between Zelto and Postgres, which loses answers of what Postgres has
committed.
"""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

CHUNK = 64 * 1024
# ReadyForQuery, outside of a transaction: what it answers is committed.
IDLE_AGAIN = b"Z\x00\x00\x00\x05I"


class LossyProxy:
    """The proxy. address: what to connect to instead; lost: how many answers never
    arrived.
    """

    def __init__(self, database: dict[str, Any]) -> None:
        self._host, self._port = str(database["HOST"]), str(database["PORT"] or 5432)
        self._to_lose: list[bytes] = []
        self.lost = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = {"HOST": "127.0.0.1", "PORT": str(self._port_of_ours())}
        threading.Thread(target=self._accept, daemon=True).start()

    def _port_of_ours(self) -> int:
        return int(self._listener.getsockname()[1])

    def lose(self, tags: Sequence[bytes]) -> None:
        """Lose answers one after the other: the next one that has this command tag,
        with its connection.
        """
        self._to_lose = list(tags)

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=[client], daemon=True).start()

    def _connect(self) -> socket.socket:
        if not self._host.startswith("/"):
            return socket.create_connection((self._host or "127.0.0.1", self._port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{self._host}/.s.PGSQL.{self._port}")
        return server

    def _carry(self, client: socket.socket) -> None:
        with client, self._connect() as server, suppress(OSError):
            while True:
                ready, _, _ = select.select([client, server], [], [])
                if client in ready:
                    sent = client.recv(CHUNK)
                    if not sent:
                        return
                    server.sendall(sent)
                if server in ready:
                    answer = server.recv(CHUNK)
                    if not answer or self._is_lost(answer, server):
                        return
                    client.sendall(answer)

    def _is_lost(self, answer: bytes, server: socket.socket) -> bool:
        if not self._to_lose or self._to_lose[0] + b"\x00" not in answer:
            return False
        while IDLE_AGAIN not in answer:
            answer += server.recv(CHUNK)
        del self._to_lose[0]
        self.lost += 1
        return True
