"""HEAD and GET of a really running server, one after the other in one connection: a
byte of a body that a HEAD must not have would be taken for the next answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.schema.running import PASSWORD, Program, Running
from tests.conversations.recordings.sounds import write_sound

pytestmark = pytest.mark.processes

# Another one in each answer.
OF_ONE_ANSWER = {
    "x-request-id",
    "content-security-policy",
    "set-cookie",
    "date",
    "expires",
}


@pytest.fixture(scope="module")
def program(running: Running) -> Iterator[Program]:
    with running.program(running.key("Heads")) as program:
        program.http.headers["Accept-Encoding"] = "identity"
        yield program


@pytest.fixture(scope="module")
def conversation(
    program: Program, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """A conversation with its audio, of more than a piece."""
    sound = write_sound(tmp_path_factory.mktemp("sound") / "a.wav", 20.0, channels=2)
    call = {"call": {"externalId": "call-1"}, "agent": {"externalId": "desk"}}
    with Path(sound).open("rb") as file:
        parts = {"file": file, "call": (None, json.dumps(call))}
        answer = program.http.post("/v1/conversations", files=parts)  # type: ignore[arg-type]
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


@pytest.fixture(scope="module")
def browser(running: Running, program: Program) -> Iterator[httpx.Client]:
    """The owner of the same organization, signed in."""
    with httpx.Client(base_url=running.stack.url, timeout=30) as client:
        form = client.get("/login").text
        found = re.search(r'csrfmiddlewaretoken" value="(\w+)"', form)
        assert found
        fields = {"login": "heads@example.org", "password": PASSWORD}
        token = {"csrfmiddlewaretoken": found[1]}
        signed_in = client.post("/login", data=fields | token)
        assert signed_in.status_code == 302, signed_in.text
        client.headers["Accept-Encoding"] = "identity"
        yield client


def headers_of(answer: httpx.Response) -> dict[str, str]:
    return {n: text for n, text in answer.headers.items() if n not in OF_ONE_ANSWER}


def others(client: httpx.Client, paths: list[str]) -> dict[str, object]:
    """Return the paths whose HEAD is not as their GET, asked in turns."""
    found: dict[str, object] = {}
    for path in paths:
        got, asked = client.get(path), client.head(path)
        assert asked.content == b"", path
        if (asked.status_code, headers_of(asked)) != (got.status_code, headers_of(got)):
            found[path] = (asked.status_code, headers_of(asked), headers_of(got))
    return found


def test_what_programs_ask_for(program: Program, conversation: dict[str, str]) -> None:
    one = f"/v1/conversations/{conversation['id']}"
    delivery = program.rows("/v1/deliveries")[0]["id"]
    paths = [
        *("/healthz", "/readyz", "/metrics", "/mcp", "/v1/nowhere"),
        *("/v1/agents", "/v1/conversations", "/v1/conversations?limit=0"),
        *(one, f"{one}/transcript", f"{one}/recording"),
        *("/v1/deliveries", f"/v1/deliveries/{delivery}", "/v1/usage"),
        *("/v1/expected-sessions", "/v1/openapi.json", "/v1/docs"),
    ]
    assert others(program.http, paths) == {}


def test_what_a_browser_asks_for(
    browser: httpx.Client, program: Program, conversation: dict[str, str]
) -> None:
    top = "/org/heads"
    one = f"{top}/conversations/{conversation['id']}"
    delivery = f"{top}/deliveries/{program.rows('/v1/deliveries')[0]['id']}"
    page = browser.get(one).text
    static = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert static
    paths = [
        *static,
        *("/", "/login", "/nowhere", "/favicon.ico", "/robots.txt"),
        *(f"{top}/conversations", f"{top}/conversations?q=order", one),
        *(f"{one}/recording", f"{one}/recording?download"),
        *(f"{one}/transcript.txt", f"{one}/transcript.json"),
        *(f"{top}/conversations/export", f"{top}/agents"),
        f"{top}/agents/expected",
        *(f"{top}/deliveries", delivery, f"{delivery}/body"),
        *(f"{top}/settings/members", f"{top}/settings/audit", f"{top}/settings/usage"),
        *(f"{top}/settings/integrations/mcp", f"{top}/help", "/help", "/admin/login/"),
    ]
    assert others(browser, paths) == {}


def test_a_head_of_a_compressed_page_is_as_its_get(browser: httpx.Client) -> None:
    asked = browser.head(
        "/org/heads/conversations", headers={"Accept-Encoding": "gzip"}
    )
    assert asked.headers["Content-Encoding"] == "gzip"
    assert int(asked.headers["Content-Length"]) > 0
    assert browser.get("/healthz").json() == {"serving": True}


def exports_in(browser: httpx.Client) -> int:
    """Return how many exports the audit log tells of."""
    return browser.get("/org/heads/settings/audit").text.count("</a> exported ")


@pytest.mark.parametrize(
    "path", ["conversations/export/file?format=csv", "agents/expected.csv"]
)
def test_a_head_of_an_export_exports_nothing(browser: httpx.Client, path: str) -> None:
    path = f"/org/heads/{path}"
    before = exports_in(browser)
    for _ in range(12):  # more than there are slots
        asked = browser.head(path)
        assert asked.status_code == 200
        assert asked.headers["Content-Disposition"].startswith("attachment")
    assert exports_in(browser) == before
    got = browser.get(path)
    assert got.status_code == 200
    assert got.headers["Content-Type"] == asked.headers["Content-Type"]
    assert exports_in(browser) == before + 1


def test_a_head_of_a_range_is_one_of_all(
    program: Program, conversation: dict[str, str]
) -> None:
    path = f"/v1/conversations/{conversation['id']}/recording"
    asked = program.http.head(path, headers={"Range": "bytes=0-9"})
    got = program.http.get(path)
    assert asked.status_code == 200
    assert int(asked.headers["Content-Length"]) == len(got.content) > 1024 * 1024
    again = program.http.head(path, headers={"If-None-Match": got.headers["ETag"]})
    assert again.status_code == 304
