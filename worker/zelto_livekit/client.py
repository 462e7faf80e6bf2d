"""HTTP to Zelto, within a time, for a thread."""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import http.client
import importlib.metadata
import io
import os
import platform
import socket
import ssl
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

from zelto_livekit.answers import Answer, no_answer, seconds_of
from zelto_livekit.settings import WEBHOOK_PATH, Settings
from zelto_livekit.version import __version__

TRY_SECONDS = 5.0
MAX_ANSWER_BYTES = 64 * 1024
BLOCK_BYTES = 256 * 1024
Count = Callable[[], tuple[int, int]]


@functools.cache
def user_agent() -> str:
    """Name the package, the SDK and the Python that it runs in."""
    try:
        sdk = importlib.metadata.version("livekit-agents")
    except importlib.metadata.PackageNotFoundError:
        sdk = "none"
    python = platform.python_version()
    return f"zelto-livekit/{__version__} (livekit-agents {sdk}; Python {python})"


class Client:
    """Talks to the Zelto of the settings, over one connection while it lasts.

    count: how many wait in the outbox and how many were refused, told with each request.
    """

    def __init__(self, settings: Settings, count: Count = lambda: (0, 0)) -> None:
        self._settings = settings
        self._count = count
        self._target = urlsplit(settings.url)
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_of_no_interest: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def post_session(self, body: bytes, seconds: float) -> Answer:
        """Post a session, and return what Zelto made of it."""
        headers = {"Content-Type": "application/json", "X-Zelto-Provider": "livekit"}
        return self.request("POST", WEBHOOK_PATH, seconds, headers, body)

    def put_audio(
        self, job_id: str, started_at: str, file: BinaryIO, seconds: float
    ) -> Answer:
        """Stream a recording from the disk. started_at: ISO 8601 with Z."""
        digest, length = sha256_of(file)
        path = (
            f"/v1/calls/livekit/{quote(job_id, safe='')}/recording"
            f"?startedAt={quote(started_at, safe='')}&channels=customer,agent"
        )
        headers = {
            "Content-Type": "audio/ogg",
            "Content-Length": str(length),
            "Content-Digest": f"sha-256=:{base64.b64encode(digest).decode()}:",
        }
        return self.request("PUT", path, seconds, headers, file)

    def get(self, path: str, seconds: float) -> Answer:
        """Ask for something below the address of Zelto."""
        return self.request("GET", path, seconds, {}, None)

    def request(
        self,
        method: str,
        path: str,
        seconds: float,
        headers: Mapping[str, str],
        body: bytes | BinaryIO | None,
    ) -> Answer:
        """Send a request, and return its answer, or why there was none."""
        stop = time.monotonic() + seconds
        is_reused = self._connection is not None
        try:
            return self._send(method, path, stop, headers, body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            # The other side may close a connection that rested.
            if not is_reused or time.monotonic() >= stop:
                return no_answer(reason_of(error, self._target.netloc))
        try:
            return self._send(method, path, stop, headers, body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            return no_answer(reason_of(error, self._target.netloc))

    def _send(
        self,
        method: str,
        path: str,
        stop: float,
        headers: Mapping[str, str],
        body: bytes | BinaryIO | None,
    ) -> Answer:
        connection = self._connect(stop)
        waiting, refused = self._count()
        connection.putrequest(
            method, self._target.path + path, skip_accept_encoding=True
        )
        sent = {
            "Authorization": f"Bearer {self._settings.key}",
            "User-Agent": user_agent(),
            "Zelto-Outbox-Waiting": str(waiting),
            "Zelto-Outbox-Refused": str(refused),
        }
        if self._settings.worker_host is not None:
            sent["Zelto-Worker-Host"] = self._settings.worker_host
        if isinstance(body, bytes):
            sent["Content-Length"] = str(len(body))
        for name, value in {**sent, **headers}.items():
            connection.putheader(name, value)
        connection.endheaders()
        # A server may answer before it has read all, and close.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            send_body(connection, body, stop)
        return self._read(connection, stop)

    def _connect(self, stop: float) -> http.client.HTTPConnection:
        if self._connection is None:
            self._connection = connect(self._target.scheme, self._target.netloc)
        self._connection.timeout = remaining(stop)
        if self._connection.sock is None:
            self._connection.connect()
        self._connection.sock.settimeout(remaining(stop))
        return self._connection

    def _read(self, connection: http.client.HTTPConnection, stop: float) -> Answer:
        def timed(sock: Any, *args: Any, **named: Any) -> http.client.HTTPResponse:
            return http.client.HTTPResponse(TimedSocket(sock, stop), *args, **named)  # type: ignore[arg-type]

        connection.response_class = timed  # type: ignore[assignment]
        response = connection.getresponse()
        text = response.read(MAX_ANSWER_BYTES + 1)
        if not response.isclosed():  # it is longer than any answer of Zelto's
            self.close()
        return Answer(
            response.status,
            text.decode("utf-8", "replace"),
            seconds_of(response.headers.get("Retry-After", "")),
            response.headers.get("Location", ""),
        )


class TimedReader(io.RawIOBase):
    """Reads from a socket, each time with what is left of the time of the whole answer.

    Else a server that sends a byte now and then is waited for without an end.
    """

    def __init__(self, sock: socket.socket, stop: float) -> None:
        self._sock = sock
        self._stop = stop

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(remaining(self._stop))
        return self._sock.recv_into(buffer)


class TimedSocket:
    """Is to `HTTPResponse` what a socket is."""

    def __init__(self, sock: socket.socket, stop: float) -> None:
        self._reader = TimedReader(sock, stop)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._reader)


def remaining(stop: float) -> float:
    """Return the seconds until then.

    Raises:
        TimeoutError: where there are none.

    """
    seconds = stop - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def connect(scheme: str, netloc: str) -> http.client.HTTPConnection:
    """Return a connection that is still to be opened.

    https goes through HTTPS_PROXY where that is set (and NO_PROXY does not say otherwise).
    """
    parts = urlsplit(f"//{netloc}")
    host, port = parts.hostname or "", parts.port
    if scheme == "http":
        return http.client.HTTPConnection(host, port, blocksize=BLOCK_BYTES)
    proxy = urllib.request.getproxies().get("https")
    if not proxy or urllib.request.proxy_bypass(host):
        return http.client.HTTPSConnection(
            host, port, context=tls_context(), blocksize=BLOCK_BYTES
        )
    via = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    tunnelled = http.client.HTTPSConnection(
        via.hostname or "", via.port, context=tls_context(), blocksize=BLOCK_BYTES
    )
    headers = {}
    if via.username is not None:
        pair = f"{via.username}:{via.password or ''}".encode()
        headers["Proxy-Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    tunnelled.set_tunnel(host, port or 443, headers)
    return tunnelled


def tls_context() -> ssl.SSLContext:
    """Return what checks certificates; SSL_CERT_FILE names other authorities."""
    context = ssl.create_default_context()
    if not context.get_ca_certs() and "SSL_CERT_FILE" not in os.environ:
        with contextlib.suppress(ImportError, OSError):
            import certifi  # a Python that came without authorities

            context.load_verify_locations(certifi.where())
    return context


def send_body(
    connection: http.client.HTTPConnection, body: bytes | BinaryIO | None, stop: float
) -> None:
    """Send a body block by block, none of it after its time."""
    if body is None:
        return
    if isinstance(body, bytes):
        connection.sock.settimeout(remaining(stop))
        connection.send(body)
        return
    body.seek(0)
    while block := body.read(BLOCK_BYTES):
        connection.sock.settimeout(remaining(stop))
        connection.send(block)


def sha256_of(file: BinaryIO) -> tuple[bytes, int]:
    """Return the digest and the length in bytes of a file."""
    digest, length = hashlib.sha256(), 0
    file.seek(0)
    while block := file.read(BLOCK_BYTES):
        digest.update(block)
        length += len(block)
    return digest.digest(), length


def reason_of(error: Exception, netloc: str) -> str:
    """Say in a sentence why there was no answer."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message or "it does not verify"
        return f"the certificate of {netloc} was not accepted: {why}"
    if isinstance(error, ssl.SSLError):
        return f"{netloc} does not speak TLS as expected ({error.reason})"
    if isinstance(error, TimeoutError):
        return f"{netloc} did not answer in time"
    if isinstance(error, socket.gaierror):
        return f"the name {netloc} could not be resolved"
    if isinstance(error, ConnectionRefusedError):
        return f"nothing listens at {netloc}"
    if isinstance(error, OSError) and error.strerror:
        return f"the connection to {netloc} failed: {error.strerror}"
    return f"the connection to {netloc} failed ({type(error).__name__})"
