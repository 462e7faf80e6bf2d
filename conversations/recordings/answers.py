"""What the answer of a server that is asked for a recording means.

No reason has an address in it.
"""

from __future__ import annotations

import http
import re
from typing import NamedTuple

import requests
from django.conf import settings

from conversations.recordings.unpacking import COMPRESSIONS, codings_in
from web.outgoing.http_answers import (
    connection_fault,
    http_moment,
    retry_after,
    status_in_words,
)

# For a connection, and for each piece of an answer; the deadline bounds them all.
CONNECT_SECONDS = 10
SILENCE_SECONDS = 30
# 203: a proxy changed something about it.
WHOLE = {200, 203}
# Answers that a server may give and take back, however old the call is.
PASSING = {408, 425, 429}
EXPIRED = {403, 404, 410}
MAX_RETRY_AFTER_SECONDS = 1800.0
# A file that was written to within this time may still be written to.
FRESH_SECONDS = 60.0


class Refused(Exception):
    """For good, with the reason in a sentence."""


class NotNow(Exception):
    """It may work later. after: seconds that the server asked to wait."""

    def __init__(self, reason: str, after: float = 0.0) -> None:
        super().__init__(reason)
        self.after = after


class NotYet(Exception):
    """It may come later where the call is young; else it is final.

    after: seconds that the server asked to wait. at_last: the reason once it is final.
    """

    def __init__(self, reason: str, after: float = 0.0, at_last: str = "") -> None:
        super().__init__(reason)
        self.after = after
        self.at_last = at_last or reason


class Received(NamedTuple):
    """What an answer said of the file that it sent.

    size: bytes. codings: what `Content-Encoding` names. is_fresh: whether the file may
    still be written to.
    """

    size: int
    codings: list[str]
    is_fresh: bool


def judge_answer(answer: requests.Response) -> None:
    """Accept an answer that sends the file.

    Raises:
        Refused: it will not come, whatever is tried.
        NotNow: it may come later.
        NotYet: it may come later where the call is young.
    """
    status = answer.status_code
    if status in WHOLE:
        return
    reason = f"The server answered {status_in_words(status)}."
    if status == http.HTTPStatus.UNAUTHORIZED:
        raise Refused(reason)
    after = retry_after(
        answer.headers.get("retry-after", ""), most=MAX_RETRY_AFTER_SECONDS
    )
    if status >= 500 or status in PASSING:
        raise NotNow(reason, after)
    at_last = (
        f"The server answered {status_in_words(status)}: the link is wrong, or no longer good. "
        "Links to recordings often expire; post the call again with a fresh one."
    )
    raise NotYet(reason, after, at_last if status in EXPIRED else reason)


def received(answer: requests.Response, size: int) -> Received:
    """Return what an answer said of the file that it sent.

    size: bytes that were received.
    """
    codings = codings_in(answer.headers.get("content-encoding", ""))
    return Received(size, codings, _is_fresh(answer))


def length_of(answer: requests.Response) -> int | None:
    """Return the bytes that an answer says it sends."""
    text = answer.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def size_told(answer: requests.Response) -> int | None:
    """Return how long the file is by the answer to a request for its first byte."""
    headers = answer.headers
    if COMPRESSIONS.intersection(codings_in(headers.get("content-encoding", ""))):
        return None  # the length of something else
    if answer.status_code in WHOLE:
        return length_of(answer)
    if answer.status_code in {206, 416}:
        found = re.search(r"/(\d{1,15})$", headers.get("content-range", ""))
        return int(found[1]) if found else None
    return None


def _is_fresh(answer: requests.Response) -> bool:
    """Tell whether the file was written to lately, by the server's own clock, or
    whether it does not say."""
    written, now = (
        http_moment(answer.headers.get(name, "")) for name in ("last-modified", "date")
    )
    return not (written and now and now - written > FRESH_SECONDS)


def too_large(when: str = "") -> str:
    """Return the reason of a file over the limit."""
    megabytes = settings.MAX_AUDIO_BYTES / 1024 / 1024
    return f"It is larger than {megabytes:,.6g} MB{when} (ZELTO_MAX_AUDIO_BYTES)."


def what_failed(error: Exception, host: str) -> str:
    """Return a sentence without the error's own text, which has the address in it."""
    return connection_fault(
        error, host, connect=CONNECT_SECONDS, silence=SILENCE_SECONDS
    )


def too_slow(host: str) -> str:
    """Return the reason of a fetch that came below the least speed."""
    kilobytes = settings.FETCH_MIN_BYTES_PER_SECOND / 1024
    return (
        f"{host} sent less than {kilobytes:,.3g} KB a second "
        "(ZELTO_FETCH_MIN_BYTES_PER_SECOND)."
    )


def took_too_long() -> str:
    """Return the reason of a fetch that was cut at its deadline."""
    return (
        f"It took longer than {settings.FETCH_SECONDS} seconds (ZELTO_FETCH_SECONDS)."
    )
