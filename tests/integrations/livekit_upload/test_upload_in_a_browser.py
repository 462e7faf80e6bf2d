"""The way of an upload URL in a browser: made, copied, used, rolled, revoked, refused."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from django.db.models.functions import Now
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from conversations.models import Recording
from conversations.recordings.fetch_worker import fetch
from integrations.models import Delivery
from tests.browser.axe import faults_in_looks, serious
from tests.conversations.browser import browser_beside_django, signed_in_page
from tests.integrations.livekit_upload.recorded import Request, requests_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIVEKIT = "/org/acme/settings/integrations/livekit"
CASE = "py-1.8.9-voice"
SOON = 10_000  # milliseconds
Process = Callable[[], None]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_beside_django() as browser:
        yield browser


@pytest.fixture
def page(
    browser: Browser, live_server: LiveServer, alice_client: Client
) -> Iterator[Page]:
    clipboard = ["clipboard-read", "clipboard-write"]
    with signed_in_page(
        browser, live_server.url, alice_client, permissions=clipboard
    ) as page:
        yield page


def send(url: str, requests: list[Request]) -> list[int]:
    """Send requests as the SDK does, to the URL of its environment; return the answers."""
    return [_answer(url, request) for request in requests]


def _answer(url: str, request: Request) -> int:
    post = urllib.request.Request(  # noqa: S310 - of the live server
        url + request.path, request.body, dict(request.headers), method="POST"
    )
    try:
        with urllib.request.urlopen(post) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def copied_url(page: Page, live_server: LiveServer) -> str:
    """Copy the line that is shown; return its URL, at the address of this server."""
    page.locator(".z-made .z-copy").first.click()
    expect(page.locator(".z-made .z-copy").first).to_contain_text("Copied")
    line: str = page.evaluate("navigator.clipboard.readText()")
    name, _, url = line.partition("=")
    assert name == "LIVEKIT_OBSERVABILITY_URL"
    return live_server.url + url[url.index("/livekit/") :]


def work(process: Process) -> None:
    """Process what waits, and store the audio that came."""
    Delivery.objects.filter(next_try_at__gt=Now()).update(next_try_at=Now())
    process()
    claimed = Recording.claim_next()
    if claimed is not None:
        fetch(claimed)


def test_from_the_url_to_the_session_and_to_a_refusal(
    page: Page, live_server: LiveServer, process: Process
) -> None:
    page.goto(LIVEKIT)
    page.get_by_label("Agent's id").fill("desk")
    page.get_by_role("button", name="Create upload URL").click()
    url = copied_url(page, live_server)
    assert url.endswith("/desk")
    page.goto(LIVEKIT)
    page.evaluate("window.neverReloaded = true")
    steps, state = page.locator("#verify-steps"), page.locator("#connection-state")
    expect(steps).to_contain_text("Nothing came by an upload URL")
    assert set(send(url, requests_of(CASE, "metrics"))) == {200}
    expect(steps).to_contain_text("Only metrics arrive", timeout=SOON)
    assert set(send(url, requests_of(CASE, "recordings", "logs"))) == {200}
    work(process)
    expect(state).to_contain_text("Active", timeout=SOON)
    assert page.evaluate("window.neverReloaded") is True
    steps.get_by_role("link", name="Open it").click()
    expect(page.locator("#verdict")).to_contain_text("Success")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    expect(page.locator("#missing")).to_have_count(0)

    page.goto(LIVEKIT)
    page.get_by_role("button", name="Revoke LiveKit upload").click()
    page.get_by_role("button", name="Revoke", exact=True).click()
    expect(page.get_by_text("LiveKit upload is revoked.")).to_be_visible()
    assert set(send(url, requests_of(CASE, "recordings"))) == {401}
    expect(state).to_contain_text("1 refused since the last session", timeout=SOON)
    page.goto("/org/acme/deliveries?outcome=rejected")
    row = page.locator("tbody tr")
    expect(row).to_contain_text("Refused")
    expect(row).to_contain_text("This upload URL was revoked or has expired.")
    row.get_by_role("link").click()
    expect(page.locator("#delivery-problem")).to_contain_text("Create another one.")


def test_a_rolled_url_is_whole_again_and_both_work(
    page: Page, live_server: LiveServer, process: Process
) -> None:
    page.goto(LIVEKIT)
    page.get_by_label("Agent's id").fill("front desk")
    page.get_by_role("button", name="Create upload URL").click()
    old = copied_url(page, live_server)
    assert set(send(old, requests_of(CASE, "recordings", "logs"))) == {200}
    work(process)
    page.goto(LIVEKIT)
    page.get_by_role("link", name="LiveKit upload").click()
    expect(page.get_by_role("heading", name="Used by")).to_be_visible()
    expect(page.locator(".z-key-use")).to_contain_text("support-bot")
    page.get_by_role("button", name="Roll key").click()
    expect(page.locator("#made-heading")).to_have_text("Copy the upload URL now")
    new = copied_url(page, live_server)
    assert new != old
    assert new.endswith("/front%20desk")
    again = requests_of(CASE, "recordings")
    assert send(old, again) == send(new, again) == [200]


def test_a_job_that_failed_before_its_session_is_linked_to_its_agent(
    page: Page, live_server: LiveServer, process: Process
) -> None:
    page.goto(LIVEKIT)
    page.get_by_role("button", name="Create upload URL").click()
    url = copied_url(page, live_server)
    send(url, requests_of("py-1.8.9-multipart-refused-401", "logs"))
    send(url, requests_of("py-1.8.9-text-handoff", "recordings", "logs"))
    work(process)
    page.goto("/org/acme/conversations")
    page.get_by_role("link", name="AJ_2ccf41348b80").click()
    expect(page.locator("#missing")).to_contain_text("its log says 401 Unauthorized")
    for look, found in faults_in_looks(page):
        assert serious(found) == [], look
    send(url + "/support-bot", [failed_job()])
    page.goto("/org/acme/agents")
    page.get_by_role("link", name="support-bot").click()
    problems = page.locator("#job-failures")
    expect(problems).to_contain_text("RuntimeError: no such voice", timeout=SOON)
    problems.get_by_role("link").first.click()
    expect(page.locator("main")).to_contain_text("Ignored")
    expect(page.locator("main")).to_contain_text("outside of a session")
    page.locator("#facts").get_by_role("link", name="support-bot").click()
    expect(page.get_by_role("heading", name="support-bot")).to_be_visible()


def failed_job() -> Request:
    """What an SDK sends of a job that failed before `session.start`."""
    body = (
        b'{"resourceLogs": [{"scopeLogs": [{"scope": {"name": "livekit.agents"}, '
        b'"logRecords": [{"severityNumber": 17, "body": {"stringValue": '
        b'"RuntimeError: no such voice"}, "attributes": [{"key": "job_id", "value": '
        b'{"stringValue": "AJ_failed"}}]}]}]}]}'
    )
    headers = {"content-type": "application/json"}
    return Request("logs", "/observability/logs/otlp/v0", headers, body)
