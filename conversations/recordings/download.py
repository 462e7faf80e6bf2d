"""A recording from somebody else's server, into a local file, with bounds on all of it.

Addresses are secrets: a presigned one opens the recording to whoever has it. None is
in a reason, and none in the log.
"""

from __future__ import annotations

import email.utils
import http
import socket
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from AntiSSRF import AntiSSRFError
from django.conf import settings

from conversations.recordings.address_policy import Forbidden, judge, session_for
from conversations.recordings.lease_keeper import LeaseKeeper
from web.outgoing.certificate_faults import certificate_fault

MAX_REDIRECTS = 5
# For a connection, and for each piece of an answer; the deadline bounds them all.
CONNECT_SECONDS = 10
SILENCE_SECONDS = 30
# A chunk counts once all of it is here, and speed is judged by what counts.
CHUNK_BYTES = 16 * 1024
HEADERS = {
    "Accept": "audio/*, video/*;q=0.9, */*;q=0.8",
    "Accept-Encoding": "identity",
    "User-Agent": "Zelto",
}
REDIRECTS = {301, 302, 303, 307, 308}
# Answers that a server may give and take back.
PASSING = {408, 425, 429}
EXPIRED = {403, 404, 410}
MAX_RETRY_AFTER_SECONDS = 1800.0


class Refused(Exception):
    """For good, with the reason in a sentence."""


class NotNow(Exception):
    """It may work later. after: seconds that the server asked to wait."""

    def __init__(self, reason: str, after: float = 0.0) -> None:
        super().__init__(reason)
        self.after = after


def download(url: str, path: Path, watch: LeaseKeeper) -> None:
    """Fetch a file into a path, over at most `MAX_REDIRECTS` redirects.

    Raises:
        Refused: it will not come, whatever is tried.
        NotNow: it may come later.
        LeaseLost: the work was given to another worker meanwhile.
        WorkerStopping: this process is to end.
        DeadlineExceeded: it took too long.
        TooSlow: it came below the least speed.
    """
    for _ in range(MAX_REDIRECTS + 1):
        url = _step(url, path, watch)
        if not url:
            return
    raise Refused(f"The address leads on more than {MAX_REDIRECTS} times.")


def _step(url: str, path: Path, watch: LeaseKeeper) -> str:
    """Make one request; return where to go on, empty where the file is here.

    Raises:
        Refused: it will not come, whatever is tried.
        NotNow: it may come later.
    """
    try:
        request = requests.Request("GET", url, HEADERS).prepare()
        prepared = request.url or ""
        host = judge(prepared)
        with session_for(prepared, watch.opened) as session:
            answer = session.send(
                request,
                stream=True,
                allow_redirects=False,
                timeout=(CONNECT_SECONDS, SILENCE_SECONDS),
            )
            with closing(answer):
                watch.check()
                return _take(answer, prepared, path, watch)
    except Forbidden as error:
        raise Refused(str(error)) from None
    except AntiSSRFError:
        raise Refused(_not_public(host)) from None
    except (
        requests.exceptions.InvalidURL,
        requests.exceptions.MissingSchema,
        requests.exceptions.InvalidSchema,
    ):
        raise Refused("The address cannot be read.") from None
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        watch.check()
        raise NotNow(_what_failed(error, host)) from None
    except (socket.gaierror, UnicodeError):
        watch.check()
        raise NotNow(f"The name {host} was not found.") from None


def _take(answer: requests.Response, url: str, path: Path, watch: LeaseKeeper) -> str:
    if answer.status_code in REDIRECTS and "location" in answer.headers:
        return urljoin(url, _text(answer.headers["location"]))
    _judge_answer(answer)
    _save(answer, path, watch)
    return ""


def _text(header: str) -> str:
    """Return a header as it was meant: requests reads Latin-1, and an address may be
    UTF-8."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def _judge_answer(answer: requests.Response) -> None:
    status = answer.status_code
    if status in EXPIRED:
        raise Refused(
            f"The server answered {_named(status)}: the link is wrong, or no longer "
            "good. Links to recordings often expire; post the call again with a "
            "fresh one."
        )
    if status >= 500 or status in PASSING:
        after = _retry_after(answer.headers.get("retry-after", ""))
        raise NotNow(f"The server answered {_named(status)}.", after)
    if status != http.HTTPStatus.OK:
        raise Refused(f"The server answered {_named(status)}.")
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise Refused(
            "The server sent it compressed (Content-Encoding), which nobody had "
            "asked for."
        )


def _save(answer: requests.Response, path: Path, watch: LeaseKeeper) -> None:
    expected = _length(answer)
    if expected is not None and expected > settings.MAX_AUDIO_BYTES:
        raise Refused(_too_large())
    watch.expected = expected
    watch.fetched = 0
    with path.open("wb") as file:
        for chunk in answer.raw.stream(CHUNK_BYTES, decode_content=False):
            watch.check()
            watch.fetched += len(chunk)
            if watch.fetched > settings.MAX_AUDIO_BYTES:
                raise Refused(_too_large())
            file.write(chunk)
    # A connection that was cut may look like one that came to its end.
    watch.check()


def _length(answer: requests.Response) -> int | None:
    text = answer.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _retry_after(text: str) -> float:
    """Return seconds, of seconds or a date as RFC 9110 has it; within what is
    sensible."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        seconds = float(text)
    else:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return 0.0
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)


def _named(status: int) -> str:
    try:
        return f"{status} ({http.HTTPStatus(status).phrase})"
    except ValueError:
        return str(status)


def _too_large() -> str:
    megabytes = settings.MAX_AUDIO_BYTES / 1024 / 1024
    return f"It is larger than {megabytes:,.6g} MB (ZELTO_MAX_AUDIO_BYTES)."


def _not_public(host: str) -> str:
    return (
        f"{host} is not a public address, so it was not asked. Where it is meant, the "
        "operator allows it with ZELTO_RECORDING_ALLOW."
    )


def _what_failed(error: Exception, host: str) -> str:
    """Return a sentence without the error's own text, which has the address in it."""
    if isinstance(error, requests.exceptions.SSLError):
        why = certificate_fault(error) or "it answers otherwise than TLS has it."
        return f"No secure connection to {host} came about: {why}"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return f"{host} did not answer within {CONNECT_SECONDS} seconds."
    if isinstance(
        error, requests.exceptions.ReadTimeout | urllib3.exceptions.ReadTimeoutError
    ):
        return f"{host} sent nothing for {SILENCE_SECONDS} seconds."
    if isinstance(error, urllib3.exceptions.ProtocolError):
        return f"The connection to {host} broke off before all of it was here."
    return f"No connection to {host} came about."


def too_slow(url: str) -> str:
    """Return the reason of a fetch that came below the least speed."""
    kilobytes = settings.FETCH_MIN_BYTES_PER_SECOND / 1024
    host = urlsplit(url).hostname
    return (
        f"{host} sent less than {kilobytes:,.3g} KB a second "
        "(ZELTO_FETCH_MIN_BYTES_PER_SECOND)."
    )


def took_too_long() -> str:
    """Return the reason of a fetch that was cut at its deadline."""
    return (
        f"It took longer than {settings.FETCH_SECONDS} seconds (ZELTO_FETCH_SECONDS)."
    )
