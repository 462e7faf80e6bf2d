"""A TLS port in front of a server that speaks none, as a proxy beside it has one."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self


class TlsFront:
    """Carries what comes over TLS to a port of this machine, and back.

    context: what it shows who connects. connections: how many came about.
    """

    def __init__(self, port_behind: int, context: ssl.SSLContext) -> None:
        self.port_behind = port_behind
        self.context = context
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.connections = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=[client], daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with suppress(OSError), client:
            secured = self.context.wrap_socket(client, server_side=True)
            self.connections += 1
            with (
                secured,
                socket.create_connection(("127.0.0.1", self.port_behind)) as to,
            ):
                back = threading.Thread(target=_copy, args=[to, secured], daemon=True)
                back.start()
                _copy(secured, to)
                back.join(10)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
