"""Let the clients of a web server's process go when it is asked to stop.

granian on its own closes at once what has not begun to ask: a connection that was just
made, or one that is kept for the next request. Whoever sends at that moment gets no
answer. So before it is told, for a moment:

1. Nobody new is let in. Linux can ignore the first packet of a connection, and its
   sender tries again a second later: by then nothing listens any more, which is a
   refusal, or the next process does.
2. Each answer says that it is the last of its connection.
3. What is connected by now has the time to ask.
"""

import asyncio
import ctypes
import os
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import psutil

# Who keeps a connection and does not use it is waited for no longer than this.
TIMEOUT_SECONDS = 2.0
POLL_SECONDS = 0.05
# What was connected just now may not be accepted yet: look so often.
QUIET_POLLS = 3

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

# Of Linux; Python has no name for it.
SO_ATTACH_FILTER = 26
# A program of the kernel's packet filter: is the packet's flag SYN set and ACK not?
# Then take nothing of it, else all.
IGNORE_NEW_CONNECTIONS = [
    (0x30, 0, 0, 13),  # load the byte of flags
    (0x54, 0, 0, 0x12),  # keep SYN and ACK
    (0x15, 0, 1, 0x02),  # only SYN? else skip one
    (0x06, 0, 0, 0),
    (0x06, 0, 0, 0xFFFFFFFF),
]


class Draining:
    """Drain this process once it gets SIGTERM, before its server is told.

    begun: whether it got it.
    """

    def __init__(self) -> None:
        self.begun = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def serve_in(self, loop: asyncio.AbstractEventLoop) -> None:
        """Know the event loop of the server, which is told at the end."""
        self._loop = loop

    def announced_by(self, application: Application) -> Application:
        """Return the application, whose answers say `Connection: close` once begun."""

        def answer(
            environ: dict[str, Any], start_response: StartResponse
        ) -> Iterable[bytes]:
            if not self.begun:
                return application(environ, start_response)

            def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
                last = [*headers, ("Connection", "close")]
                return start_response(status, last, *rest)

            return application(environ, start)

        return answer

    def listen(self) -> None:
        """Take SIGTERM in a thread of ours, which tells granian when done.

        For the main thread, before there are others.

        Until granian has one, its worker has the handler of its master, and would sleep
        through being asked to stop.
        """
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        threading.Thread(target=self._wait, name="draining", daemon=True).start()

    def _wait(self) -> None:
        signal.sigwait({signal.SIGTERM})
        self.begun = True
        drain()
        if self._loop is None:  # it has not begun to serve
            os._exit(0)
        self._loop.call_soon_threadsafe(tell_server)


def tell_server() -> None:
    """Let the main thread have the signal, on which granian's own handler stops it."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    signal.raise_signal(signal.SIGTERM)


def drain() -> None:
    """Wait until nobody is connected; never for long."""
    listening, _ = connections()
    if sys.platform == "linux":
        for descriptor in listening:
            ignore_new_connections(descriptor)
    give_up_at = time.monotonic() + TIMEOUT_SECONDS
    quiet_polls = 0
    while quiet_polls < QUIET_POLLS and time.monotonic() < give_up_at:
        time.sleep(POLL_SECONDS)
        _, clients = connections()
        quiet_polls = 0 if clients else quiet_polls + 1


def connections() -> tuple[list[int], int]:
    """Return the descriptors this process listens on, and how many are connected."""
    ours = psutil.Process().net_connections("tcp")
    listening = {one.fd: one.laddr for one in ours if one.status == psutil.CONN_LISTEN}
    ports = {address.port for address in listening.values()}
    clients = sum(
        one.status == psutil.CONN_ESTABLISHED and one.laddr.port in ports
        for one in ours
    )
    return list(listening), clients


def ignore_new_connections(descriptor: int) -> None:
    """Have the kernel drop the first packet of each new connection to a socket."""
    code = b"".join(struct.pack("HBBI", *line) for line in IGNORE_NEW_CONNECTIONS)
    buffer = ctypes.create_string_buffer(code)
    program = struct.pack("HP", len(IGNORE_NEW_CONNECTIONS), ctypes.addressof(buffer))
    with socket.socket(fileno=os.dup(descriptor)) as listener:
        try:
            listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
        except OSError:
            return  # a kernel without it: a few may be turned away unheard
