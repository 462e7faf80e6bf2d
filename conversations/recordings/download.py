"""A recording from somebody else's server, into a local file, with bounds on all of it.

Addresses are secrets: a presigned one opens the recording to whoever has it. None is
in a reason, and none in the log.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import urljoin

import requests
import urllib3
from AntiSSRF import AntiSSRFError
from django.conf import settings

from conversations import worker_stop
from conversations.recordings.answers import (
    CONNECT_SECONDS,
    SILENCE_SECONDS,
    NotNow,
    NotYet,
    Received,
    Refused,
    judge_answer,
    length_of,
    received,
    size_told,
    too_large,
    what_failed,
)
from conversations.recordings.lease_keeper import LeaseKeeper
from web.outgoing.address_policy import Forbidden, Reach, judge, session_for
from web.outgoing.http_answers import not_public

MAX_REDIRECTS = 5
# A chunk counts once all of it is here, and speed is judged by what counts.
CHUNK_BYTES = 16 * 1024
HEADERS = {
    "Accept": "audio/*, video/*;q=0.9, */*;q=0.8",
    "Accept-Encoding": "identity",
    "User-Agent": "Zelto",
}
REDIRECTS = {301, 302, 303, 307, 308}
# How long a file that may still be written to is left alone before it is looked at
# again, and how long the answer to that may take.
LOOK_AGAIN_SECONDS = 2.0
LOOK_SECONDS = 60.0

Take = Callable[[requests.Response], object]


def download(url: str, path: Path, watch: LeaseKeeper) -> Received:
    """Fetch a file into a path, over at most `MAX_REDIRECTS` redirects.

    Raises:
        Refused: it will not come, whatever is tried.
        NotNow: it may come later.
        NotYet: it may come later where the call is young.
        LeaseLost: the work was given to another worker meanwhile.
        WorkerStopping: this process is to end.
        DeadlineExceeded: it took too long.
        TooSlow: it came below the least speed.
    """
    files: list[Received] = []

    def take(answer: requests.Response) -> None:
        judge_answer(answer)
        files.append(_save(answer, path, watch))

    _follow(url, HEADERS, watch, take)
    return files[0]


def refuse_growing(url: str, file: Received, watch: LeaseKeeper) -> None:
    """Ask once more how long a file is, which the server may still be writing. One that
    does not tell, or refuses now, has sent what there is.

    Raises:
        NotYet: it is not as long as it was.
        LeaseLost: the work was given to another worker meanwhile.
        WorkerStopping: this process is to end.
        DeadlineExceeded: the answer took too long.
    """
    if file.is_fresh:
        worker_stop.wait(LOOK_AGAIN_SECONDS)
    sizes: list[int | None] = []
    watch.expect_within(LOOK_SECONDS)
    try:
        headers = HEADERS | {"Range": "bytes=0-0"}
        _follow(url, headers, watch, lambda answer: sizes.append(size_told(answer)))
    except (Refused, NotNow):
        return
    finally:
        watch.downloaded()
    if sizes[0] is not None and sizes[0] != file.size:
        raise NotYet(
            f"It is still being written: it had {file.size:,} bytes, and "
            f"{sizes[0]:,} a moment later."
        )


def _follow(
    url: str, headers: Mapping[str, str], watch: LeaseKeeper, take: Take
) -> None:
    """Make one request after the other until one leads no further.

    Raises:
        Refused: it will not come, whatever is tried.
        NotNow: it may come later.
    """
    for _ in range(MAX_REDIRECTS + 1):
        url = _step(url, headers, watch, take)
        if not url:
            return
    raise Refused(f"The address leads on more than {MAX_REDIRECTS} times.")


def _step(url: str, headers: Mapping[str, str], watch: LeaseKeeper, take: Take) -> str:
    """Make one request; return where to go on, empty where its answer was taken.

    Raises:
        Refused: it will not come, whatever is tried.
        NotNow: it may come later.
    """
    try:
        request = requests.Request("GET", url, dict(headers)).prepare()
        prepared = request.url or ""
        reach = _reach()
        host = judge(prepared, reach)
        with session_for(prepared, reach, watch.opened) as session:
            answer = session.send(
                request,
                stream=True,
                allow_redirects=False,
                timeout=(CONNECT_SECONDS, SILENCE_SECONDS),
            )
            with closing(answer):
                watch.check()
                return _take(answer, prepared, take)
    except Forbidden as error:
        raise Refused(str(error)) from None
    except AntiSSRFError:
        raise Refused(not_public(host, reach.setting)) from None
    except (
        requests.exceptions.InvalidURL,
        requests.exceptions.MissingSchema,
        requests.exceptions.InvalidSchema,
    ):
        raise Refused("The address cannot be read.") from None
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        watch.check()
        raise NotNow(what_failed(error, host)) from None
    except (socket.gaierror, UnicodeError):
        watch.check()
        raise NotNow(f"The name {host} was not found.") from None


def _reach() -> Reach:
    allow = tuple(settings.RECORDING_ALLOW)
    return Reach(allow, "ZELTO_RECORDING_ALLOW", is_plain_for_all=True)


def _take(answer: requests.Response, url: str, take: Take) -> str:
    if answer.status_code in REDIRECTS and "location" in answer.headers:
        return urljoin(url, _text(answer.headers["location"]))
    take(answer)
    return ""


def _text(header: str) -> str:
    """Return a header as it was meant: requests reads Latin-1, and an address may be
    UTF-8."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def _save(answer: requests.Response, path: Path, watch: LeaseKeeper) -> Received:
    expected = length_of(answer)
    if expected is not None and expected > settings.MAX_AUDIO_BYTES:
        raise Refused(too_large())
    watch.expected = expected
    watch.fetched = 0
    with path.open("wb") as file:
        for chunk in answer.raw.stream(CHUNK_BYTES, decode_content=False):
            watch.check()
            watch.fetched += len(chunk)
            if watch.fetched > settings.MAX_AUDIO_BYTES:
                raise Refused(too_large())
            file.write(chunk)
    # A connection that was cut may look like one that came to its end.
    watch.check()
    return received(answer, watch.fetched)
