"""Hearing recordings of a running server, as players and programs do."""

from __future__ import annotations

import shutil
import subprocess
import time
from contextlib import ExitStack
from urllib.request import HTTPCookieProcessor, build_opener

import psutil
import pytest

from tests.browser import walk
from tests.conversations.recordings.far_server import FarServer, answer
from tests.conversations.recordings.sounds import write_sound
from tests.zelto.conftest import started
from tests.zelto.faults.ledger import database
from tests.zelto.faults.load import body, get, post, provision
from tests.zelto.recordings.slow_clients import listen
from tests.zelto.stack import Stack, wait_for

pytestmark = pytest.mark.processes

SECONDS = 120  # 11 MB of it
LISTENERS = 40  # more than the twelve threads of the server
# Seconds for a page beside them; behind a thread that waits for one it never comes.
AT_MOST = 15.0
STORED = "SELECT conversation_id FROM conversations_recording WHERE state = 'done'"


@pytest.fixture(scope="module")
def stack(one_stack: Stack) -> Stack:
    return started(one_stack)


@pytest.fixture(scope="module")
def key(stack: Stack) -> str:
    key: str = provision(stack)["apiKey"]
    return key


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("sound") / "a.wav"
    return write_sound(path, SECONDS).read_bytes()


@pytest.fixture(scope="module")
def conversation_id(stack: Stack, key: str, sound: bytes) -> str:
    with FarServer() as server, database(stack) as ask:
        url = server.says("/a.wav", answer(sound))
        assert post(stack.port, key, body("heard", recordingUrl=url)) == 200
        wait_for(lambda: bool(ask(STORED)), 60, what="the recording is stored")
        return str(ask(STORED)[0][0])


@pytest.fixture(scope="module")
def cookie(stack: Stack) -> str:
    jar = HTTPCookieProcessor()
    walk.log_in(build_opener(jar), stack.url)
    return "; ".join(f"{one.name}={one.value}" for one in jar.cookiejar)


def curl(*arguments: str) -> tuple[str, bytes]:
    """Head and body of what curl gets."""
    program = shutil.which("curl")
    assert program, "curl is not installed"
    got = subprocess.run(  # noqa: S603
        [program, "--silent", "--include", "--max-time", "30", *arguments],
        capture_output=True,
        check=True,
    ).stdout
    head, _, content = got.partition(b"\r\n\r\n")
    return head.decode().lower(), content


def test_curl_gets_ranges(
    stack: Stack, key: str, conversation_id: str, sound: bytes
) -> None:
    url = f"{stack.url}/v1/conversations/{conversation_id}/recording"
    asked = ["--header", f"Authorization: Bearer {key}", url]
    head, content = curl(*asked)
    assert "http/1.1 200" in head
    assert f"content-length: {len(sound)}" in head
    assert "content-type: audio/wav" in head
    assert content == sound
    for span, part in [
        ("0-99", sound[:100]),
        ("3000000-", sound[3_000_000:]),
        ("-5", sound[-5:]),
    ]:
        head, content = curl("--range", span, *asked)
        assert "http/1.1 206" in head
        assert f"/{len(sound)}" in head
        assert content == part
    head, _ = curl("--range", f"{len(sound)}-", *asked)
    assert "http/1.1 416" in head
    assert f"content-range: bytes */{len(sound)}" in head
    head, content = curl("--head", *asked)
    assert f"content-length: {len(sound)}" in head


def memory_of(stack: Stack) -> int:
    workers = stack.pids()["web-worker"]
    return sum(psutil.Process(pid).memory_info().rss for pid in workers)


def seconds_of_a_page(stack: Stack, key: str) -> float:
    began = time.monotonic()
    headers = {"Authorization": f"Bearer {key}"}
    assert get(stack.port, "/v1/conversations", **headers).status == 200
    return time.monotonic() - began


def test_slow_listeners_keep_nobody_waiting(
    stack: Stack, key: str, cookie: str, conversation_id: str
) -> None:
    """Players that were paused, and downloads that stalled: others get their pages, and
    no process holds what they have not taken."""
    page = f"/org/acme/conversations/{conversation_id}/recording"
    seconds_of_a_page(stack, key)
    before = memory_of(stack)
    with ExitStack() as listeners:
        for _ in range(LISTENERS):
            for path, *headers in (
                (page, "Range: bytes=0-"),
                (f"{page}?download",),
            ):
                cookies = f"Cookie: {cookie}"
                listeners.enter_context(listen(stack, path, cookies, *headers))
        times = [seconds_of_a_page(stack, key) for _ in range(10)]
        held = memory_of(stack) - before
    assert max(times) < AT_MOST
    assert held < LISTENERS * 2 * 1024 * 1024, f"{held / 1e6:.0f} MB"
    # Whoever comes after them gets all of it again.
    auth = f"Authorization: Bearer {key}"
    url = f"{stack.url}/v1/conversations/{conversation_id}/recording"
    wait_for(
        lambda: "http/1.1 200" in curl("--header", auth, url)[0],
        20,
        what="the places are free again",
    )
