"""Audio that workers send for their calls, to the server as it runs: large, refused while
it is sent, and slow beside the posts.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from tests.zelto.conftest import Count
from tests.zelto.faults.load import body, connect, post, provision
from tests.zelto.recordings.test_transcribing import MEGABYTE, peak_of, write_silence
from tests.zelto.stack import Stack, wait_for

pytestmark = pytest.mark.processes

# Whoever gets none of its threads waits for as long as a slow body may take.
AT_MOST = 5.0


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack(environment={"ZELTO_STT_ENGINE": "none"}) as stack:
        yield stack


@pytest.fixture(scope="module")
def key(stack: Stack) -> str:
    return str(provision(stack)["apiKey"])


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a recording of a hundred megabytes."""
    return write_silence(tmp_path_factory.mktemp("large") / "a.wav", 570)


def path_of(call: str) -> str:
    return f"/v1/calls/zelto/{call}/recording?channels=customer,agent"


def headers_of(key: str, path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    return {
        "Authorization": f"Bearer {key}",
        "Content-Type": "audio/wav",
        "Content-Digest": f"sha-256=:{base64.b64encode(digest).decode()}:",
        "Content-Length": str(path.stat().st_size),
    }


def put(stack: Stack, key: str, call: str, path: Path) -> int:
    """Send a file as the worker's package does, with nothing but Python, and return the
    status."""
    with closing(connect(stack.port)) as connection, path.open("rb") as file:
        connection.request("PUT", path_of(call), file, headers_of(key, path))
        return connection.getresponse().status


def test_a_hundred_megabytes_are_never_in_memory(
    stack: Stack, key: str, large: Path, tmp_path: Path, count: Count
) -> None:
    small = write_silence(tmp_path / "small.wav", 1)
    for number in range(12):
        assert post(stack.port, key, body(f"small-{number}")) == 200
        assert put(stack, key, f"small-{number}", small) == 200
    assert post(stack.port, key, body("large")) == 200
    workers = [psutil.Process(pid) for pid in stack.pids()["web-worker"]]
    before = {one.pid: peak_of(one) for one in workers}
    for _ in range(3):
        assert put(stack, key, "large", large) == 200
    grown = max(peak_of(one) - before[one.pid] for one in workers)
    size = large.stat().st_size
    count(file=f"{size / MEGABYTE:.0f} MB", grown=f"{grown / MEGABYTE:.1f} MB")
    assert size > 100 * MEGABYTE
    assert grown < 20 * MEGABYTE
    asked = {"Authorization": f"Bearer {key}"}
    rows = f"{stack.url}/v1/conversations?referenceId=large&hasAudio=true"
    wait_for(
        lambda: bool(httpx.get(rows, headers=asked).json()["data"]),
        60,
        what="it is the recording of its call",
    )
    incoming = stack.data_dir / "incoming"
    wait_for(lambda: not list(incoming.iterdir()), 60, what="no draft is left")


def test_a_body_without_a_length_is_taken_too(
    stack: Stack, key: str, tmp_path: Path
) -> None:
    path = write_silence(tmp_path / "chunked.wav", 60)
    assert post(stack.port, key, body("chunked")) == 200
    headers = headers_of(key, path)
    del headers["Content-Length"]
    with closing(connect(stack.port)) as connection, path.open("rb") as file:
        connection.request(
            "PUT", path_of("chunked"), file, headers, encode_chunked=True
        )
        assert connection.getresponse().status == 200


def test_whoever_is_refused_while_it_sends_sees_why(
    stack: Stack, key: str, large: Path
) -> None:
    """Clients look for an answer once they have sent all: a connection that is closed
    before that tells them nothing, and they would send it again for ever."""
    assert put(stack, key, "nobody-posted-this", large) == 404
    assert post(stack.port, key, body("damaged")) == 200
    for digest in (
        "sha-256=:bm9uZQ==:",
        headers_of(key, Path(__file__))["Content-Digest"],
    ):
        with closing(connect(stack.port)) as connection, large.open("rb") as file:
            headers = headers_of(key, large) | {"Content-Digest": digest}
            connection.request("PUT", path_of("damaged"), file, headers)
            assert connection.getresponse().status == 400


def begin(stack: Stack, key: str, call: str) -> socket.socket:
    """Begin to send a large body, and go no further."""
    sender = socket.create_connection(("127.0.0.1", stack.port), timeout=30)
    digest = base64.b64encode(hashlib.sha256(b"").digest()).decode()
    head = (
        f"PUT {path_of(call)} HTTP/1.1\r\nHost: 127.0.0.1:{stack.port}\r\n"
        f"Authorization: Bearer {key}\r\nContent-Length: {50 * MEGABYTE}\r\n"
        f"Content-Digest: sha-256=:{digest}:\r\n\r\n"
    )
    sender.sendall(head.encode() + bytes(MEGABYTE))
    return sender


def refusal_of(stack: Stack, **headers: str) -> tuple[int, http.client.HTTPMessage]:
    """Return the answer to six megabytes, also where the connection was closed while they
    were sent: what came before that can be read."""
    with closing(connect(stack.port)) as connection:
        sent = {"Content-Digest": "sha-256=:none:", **headers}
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request("PUT", path_of("slow"), bytes(6 * MEGABYTE), sent)
        response = http.client.HTTPResponse(connection.sock, method="PUT")
        response.begin()
        return response.status, response.headers


def test_audio_that_hardly_comes_keeps_no_post_waiting(
    stack: Stack, key: str, count: Count
) -> None:
    assert post(stack.port, key, body("slow")) == 200
    times = []
    with ExitStack() as senders:
        for _ in range(24):
            senders.enter_context(begin(stack, key, "slow"))
        for number in range(40):
            began = time.monotonic()
            assert post(stack.port, key, body(f"beside-{number}")) == 200
            times.append(time.monotonic() - began)
        refused, headers = refusal_of(stack, Authorization=f"Bearer {key}")
        assert headers["Retry-After"]
    count(slowest_post=f"{max(times):.2f} s", further=refused)
    assert refused == 503
    assert max(times) < AT_MOST
