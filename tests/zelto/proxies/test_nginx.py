"""Behind Debian's nginx, set up as README.md says, with TLS; `make test` installs it."""

from __future__ import annotations

import gzip
import json
import re
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.browser.walk import EMAIL
from tests.conversations.recordings.sounds import write_sound
from tests.private_authority import PrivateAuthority
from tests.zelto.faults.ledger import database
from tests.zelto.faults.load import PASSWORD, body, provision
from tests.zelto.free_port import free_port
from tests.zelto.proxies.nginx import Nginx
from tests.zelto.stack import Stack, wait_for

pytestmark = pytest.mark.processes
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)')
SECRET = "5b0f7d1c9a8e4f62b3d7c1a09e8f6d54c2b1a0f9e8d7c6b5"
STORED = "SELECT conversation_id FROM conversations_recording WHERE state = 'done'"
CALLS = "SELECT external_id FROM conversations_conversation"
SECONDS = 120  # 11 MB of sound, far above what nginx takes by itself
LIES = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> PrivateAuthority:
    return PrivateAuthority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def url() -> str:
    return f"https://localhost:{free_port()}"


@pytest.fixture(scope="module")
def stack(url: str) -> Iterator[Stack]:
    settings = {
        "ZELTO_BASE_URL": url,
        "ZELTO_BEHIND_PROXY": "true",
        "SECRET_KEY": SECRET,
    }
    with Stack(environment=settings) as stack:
        yield stack


@pytest.fixture(scope="module")
def key(stack: Stack) -> str:
    key: str = provision(stack)["apiKey"]
    return key


@pytest.fixture(scope="module")
def nginx(stack: Stack, url: str, authority: PrivateAuthority) -> Iterator[Nginx]:
    chain, key = authority.files("localhost")
    with Nginx(stack.port, int(url.rpartition(":")[2]), chain, key) as nginx:
        yield nginx


@pytest.fixture
def client(
    nginx: Nginx, url: str, authority: PrivateAuthority
) -> Iterator[httpx.Client]:
    trusted = ssl.create_default_context(cafile=authority.file)
    with httpx.Client(base_url=url, verify=trusted, timeout=60) as client:
        yield client


def sign_in(client: httpx.Client, url: str, **headers: str) -> httpx.Response:
    token = TOKEN.search(client.get("/login").text)
    assert token
    return client.post(
        "/login",
        data={"login": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": token[1]},
        headers={"Origin": url, "Referer": f"{url}/login"} | headers,
    )


@pytest.mark.parametrize("lies", [{}, LIES])
def test_people_sign_in_over_tls(
    client: httpx.Client, url: str, key: str, lies: dict[str, str]
) -> None:
    answer = sign_in(client, url, **lies)
    assert answer.status_code == 302, answer.text
    assert not answer.headers["Location"].startswith("http:")
    cookies = answer.headers.get_list("Set-Cookie")
    assert cookies
    assert all("Secure" in cookie for cookie in cookies)
    page = client.get("/org/acme/conversations", headers=lies)
    assert page.status_code == 200
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "http://" not in re.sub(r"http://www\.w3\.org/[^\"']*", "", page.text)


def test_another_origin_is_refused(client: httpx.Client, url: str, key: str) -> None:
    answer = sign_in(client, url, Origin="https://evil.example.com")
    assert answer.status_code == 403


def test_nobody_passes_for_a_program_of_the_machine(client: httpx.Client) -> None:
    for headers in ({}, LIES):
        assert client.get("/metrics", headers=headers).status_code == 404
    assert client.get("/healthz").status_code == 200


def test_posts_come_through_whole_or_are_refused_by_zelto(
    client: httpx.Client, key: str, stack: Stack
) -> None:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    large = body("large")
    large["transcript"]["turns"] += [{"role": "user", "content": "x" * 4000}] * 1000
    content = json.dumps(large).encode()
    assert len(content) > 4_000_000

    def post(content: object, **more: str) -> httpx.Response:
        return client.post("/webhooks/calls", content=content, headers=headers | more)  # type: ignore[arg-type]

    assert post(content).json() == {"received": True}
    packed = json.dumps(body("packed")).encode()
    assert (
        post(gzip.compress(packed), **{"Content-Encoding": "gzip"}).status_code == 200
    )
    # Without a length: in chunks.
    assert post(iter([json.dumps(body("chunked")).encode()])).status_code == 200
    refused = post(b" " * 6_000_000 + content)
    assert refused.status_code == 413
    assert refused.headers["Content-Type"] == "application/problem+json"
    with database(stack) as ask:

        def are_there() -> bool:
            return {("large",), ("packed",), ("chunked",)} <= set(ask(CALLS))

        wait_for(are_there, 60, what="all three are conversations")


def test_a_recording_is_uploaded_and_heard_in_pieces(
    client: httpx.Client, url: str, key: str, stack: Stack, tmp_path: Path
) -> None:
    sound = write_sound(tmp_path / "a.wav", SECONDS).read_bytes()
    assert len(sound) > 10_000_000
    answer = client.post(
        "/v1/conversations",
        headers={"Authorization": f"Bearer {key}"},
        data={"call": json.dumps(body("uploaded") | {"transcript": {"turns": []}})},
        files={"file": ("a.wav", sound)},
    )
    assert answer.status_code in {200, 201, 202}, answer.text
    with database(stack) as ask:
        wait_for(lambda: bool(ask(STORED)), 60, what="the recording is stored")
        (conversation,) = ask(STORED)[0]
    sign_in(client, url)
    page = client.get(f"/org/acme/conversations/{conversation}")
    link = re.search(r'src="(/[^"]*recording[^"]*)"', page.text)
    assert link, page.text[:2000]
    piece = client.get(
        link[1].replace("&amp;", "&"), headers={"Range": "bytes=44-1043"}
    )
    assert piece.status_code == 206
    assert piece.content == sound[44:1044]
