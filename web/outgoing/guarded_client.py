"""Posts to an address that somebody entered: to public ones, and what the operator allows.

An address may hold a token: none is in a reason, and none in the log.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
import urllib3
from AntiSSRF import AntiSSRFError
from requests import PreparedRequest, Session

from web.outgoing.address_policy import Forbidden, Reach, judge, session_for
from web.outgoing.http_answers import connection_fault, not_public

# For a connection, and from the first byte of the request to the last of the answer.
CONNECT_SECONDS = 10.0
TOTAL_SECONDS = 10.0
MAX_ANSWER_BYTES = 64 * 1024
CHUNK_BYTES = 8 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
UNREADABLE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidHeader,
)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a server answered. headers: names in lower case. body: its first 64 KiB."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class NotAnswered(Exception):
    """Says in a sentence why there is no answer.

    is_final: another try would come to the same.
    """

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    reach: Reach,
    *,
    seconds: float = TOTAL_SECONDS,
) -> HttpAnswer:
    """Post once, to where the name resolves to, and follow nothing.

    seconds: for all of it but the look-up of the name, which the system bounds.

    Raises:
        NotAnswered: no answer came, or the address is not one that is asked.
    """
    host = urlsplit(url).hostname or ""
    cutter = _Cutter(seconds)
    try:
        request = requests.Request("POST", url, dict(headers), data=body).prepare()
        prepared = request.url or ""
        host = judge(prepared, reach)
        with session_for(prepared, reach, cutter.opened) as session, cutter.at_end():
            return _exchange(session, request, cutter)
    except Forbidden as error:
        raise NotAnswered(str(error), is_final=True) from None
    except AntiSSRFError:
        raise NotAnswered(_why_not(url, host, reach), is_final=True) from None
    except UNREADABLE:
        raise NotAnswered("The address cannot be read.", is_final=True) from None
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise NotAnswered(_what_failed(error, host, cutter)) from None
    except UnicodeError:
        raise NotAnswered(f"The name {host} was not found.") from None


def _exchange(
    session: Session, request: PreparedRequest, cutter: _Cutter
) -> HttpAnswer:
    # requests takes the limit of a connection for each of them.
    limits = (min(CONNECT_SECONDS, cutter.seconds), cutter.seconds)
    answer = session.send(request, stream=True, allow_redirects=False, timeout=limits)
    with closing(answer):
        headers = {name.lower(): value for name, value in answer.headers.items()}
        body = b""
        for chunk in answer.iter_content(CHUNK_BYTES):
            body += chunk
            if len(body) >= MAX_ANSWER_BYTES:
                break
        return HttpAnswer(answer.status_code, headers, body[:MAX_ANSWER_BYTES])


class _Cutter:
    """Ends connections at the deadline: no time limit of a socket ends a server that
    sends a byte now and then.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.has_cut = False
        self._connections: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._lock = threading.Lock()

    def opened(self, connection: socket.socket) -> None:
        """Keep a copy of a connection, whatever TLS wraps around it."""
        with self._lock:
            self._connections.append(connection.dup())
            if not self._timer.is_alive():
                self._timer.start()

    @contextmanager
    def at_end(self) -> Iterator[None]:
        """Stop the clock afterwards, and close the copies."""
        try:
            yield
        finally:
            self._timer.cancel()
            with self._lock:
                for one in self._connections:
                    one.close()
                self._connections.clear()

    def _cut(self) -> None:
        with self._lock:
            self.has_cut = True
            for one in self._connections:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)


def _why_not(url: str, host: str, reach: Reach) -> str:
    if urlsplit(url).scheme == "http" and not reach.is_plain_for_all:
        return (
            f"{host} is asked over https only, since what is sent has secrets. The "
            f"operator allows http for a server of your own with {reach.setting}."
        )
    return not_public(host, reach.setting)


def _what_failed(error: Exception, host: str, cutter: _Cutter) -> str:
    if cutter.has_cut or isinstance(error, requests.exceptions.ReadTimeout):
        return f"{host} did not answer within {cutter.seconds:g} seconds."
    if isinstance(error, socket.gaierror):
        return f"The name {host} was not found."
    return connection_fault(
        error, host, connect=CONNECT_SECONDS, silence=cutter.seconds
    )
