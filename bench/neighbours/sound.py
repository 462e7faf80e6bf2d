"""Recordings on a loopback address, for Zelto to fetch."""

from __future__ import annotations

import io
import math
import threading
import wave
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Two of the addresses that ZELTO_RECORDING_ALLOW names here, for two organizations.
GOOD_HOST = "127.0.0.1"
BAD_HOST = "127.0.0.2"
ALLOWED = "127.0.0.0/8"
RATE = 16_000
SHORT_SECONDS = 2


@cache
def sound(seconds: int = SHORT_SECONDS) -> bytes:
    """Return a WAV file with a tone, 32 kB a second."""
    one = array("h", (round(9000 * math.sin(i * math.tau / 40)) for i in range(RATE)))
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(one.tobytes() * seconds)
    return content.getvalue()


def head_of_sound(length: int) -> bytes:
    """Return the head of an answer with a WAV file of so many bytes."""
    return (
        f"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Length: {length}\r\n"
        "Connection: close\r\n\r\n"
    ).encode()


class _Handler(BaseHTTPRequestHandler):
    """Answers `/<seconds>/<any name>.wav`."""

    def do_GET(self) -> None:
        """Send a recording that has as many seconds as the path says."""
        content = sound(int(self.path.split("/")[1]))
        self.wfile.write(head_of_sound(len(content)) + content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def recordings(host: str) -> Iterator[str]:
    """Serve recordings at an address for the block, and yield it without a path."""
    server = ThreadingHTTPServer((host, 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
