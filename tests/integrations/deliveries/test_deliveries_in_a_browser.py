"""What only a browser can tell of the delivery log: rows that slip in, a refusal that
is read and replayed, what goes without scripts, widths, themes, and the rules of axe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Organization
from conversations.models import Agent
from integrations.models import Delivery
from tests.browser.axe import faults_in_looks, serious
from tests.conversations.browser import browser_beside_django, signed_in_page
from tests.integrations.conftest import Post, session

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

URL = "/org/acme/deliveries"
LIVEKIT = {"X-Zelto-Provider": "livekit"}
LONG = "x" * 250
MISFIT = session(LONG, transcript={"turns": [{"role": LONG}]})
SOON = 10_000  # milliseconds


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_beside_django() as browser:
        yield browser


@pytest.fixture(autouse=True)
def replay_wakeups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.processing.replay.wake_worker", lambda: None)


@pytest.fixture
def open_page(
    browser: Browser, live_server: LiveServer, dora_client: Client
) -> Callable[..., Any]:
    """`with open_page(...) as page`: Dora's, with options of a browser context."""
    return lambda **options: signed_in_page(
        browser, live_server.url, dora_client, **options
    )


@pytest.fixture
def page(open_page: Callable[..., Any]) -> Iterator[Page]:
    with open_page() as page:
        yield page


def test_posts_slip_into_the_log_and_turn_there(
    page: Page, post: Post, process: Callable[[], None]
) -> None:
    page.goto(URL)
    expect(page.get_by_text("No deliveries yet.")).to_be_visible()
    post(session("call-1"), **LIVEKIT)
    row = page.get_by_role("row").filter(has_text="call-1")
    expect(row).to_contain_text("Stored", timeout=SOON)
    process()
    expect(row).to_contain_text("Processed", timeout=SOON)
    answer = page.locator("[data-live-answer]")
    expect(answer).to_have_text("None refused in 24 hours")
    post(session("call-2", transcript={"turns": 1}), **LIVEKIT)
    first = page.locator("tbody tr").first
    expect(first).to_contain_text("call-2", timeout=SOON)
    expect(first).to_contain_text("Refused")
    expect(answer).to_contain_text("1 refused or failed in 24 hours")
    expect(page.locator("[data-live-news]")).to_have_text("1 new delivery")


@pytest.fixture
def page_with_a_refusal(open_page: Callable[..., Any]) -> Iterator[Page]:
    with open_page(expected_fault="status of 422") as page:
        yield page


def test_a_refusal_is_seen_understood_and_replayed(
    page_with_a_refusal: Page,
    organization: Organization,
    post: Post,
    process: Callable[[], None],
) -> None:
    page = page_with_a_refusal
    agent = Agent(organization=organization, provider="livekit", external_id="a")
    body = session("call-1", agentId=str(agent.id))
    del body["agent"]
    post(body, **LIVEKIT)

    page.goto("/org/acme/settings/integrations/livekit")
    page.get_by_role("link", name="see it").click()
    expect(page.get_by_role("main")).to_contain_text("Correct that field")
    page.get_by_role("link", name="agentId", exact=True).click()
    line = page.locator(".z-json-bad").first
    expect(line).to_be_in_viewport()
    expect(line).to_contain_text(str(agent.id))

    page.get_by_role("button", name="Replay", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("The body is checked again")
    dialog.get_by_role("button", name="Replay").click()
    expect(page.get_by_role("alert")).to_contain_text("It still does not fit")

    agent.save()
    page.get_by_role("button", name="Replay", exact=True).click()
    dialog.get_by_role("button", name="Replay").click()
    expect(page.get_by_text("It fits now.")).to_be_visible()
    lead = page.locator("#delivery-lead")
    expect(lead).to_contain_text("Stored")
    page.evaluate("window.neverReloaded = true")
    process()
    expect(lead).to_contain_text("Processed", timeout=SOON)
    page.locator("#delivery-outcome").get_by_role("link", name="call-1").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("call-1")


def test_the_body_comes_down_as_a_file(page: Page, post: Post) -> None:
    post(session("call-1"), **LIVEKIT)
    page.goto(f"{URL}/{Delivery.objects.get().uuid}")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as received").click()
    assert download.value.suggested_filename == "call-1.json"


def test_it_goes_without_scripts(
    open_page: Callable[..., Any], post: Post, process: Callable[[], None]
) -> None:
    post(session("call-1"), **LIVEKIT)
    process()
    post(session("call-2"))
    with open_page(java_script_enabled=False) as page:
        page.goto(URL)
        page.get_by_label("Provider").select_option("livekit")
        page.get_by_role("button", name="Filter").click()
        expect(page.get_by_role("link", name="call-2")).to_have_count(0)
        page.get_by_role("link", name="call-1").click()
        page.get_by_role("button", name="Replay").click()
        page.get_by_role("dialog").get_by_role("button", name="Replay").click()
        expect(page.get_by_text("was made again")).to_be_visible()
        page.get_by_role("link", name="Deliveries").first.click()
        page.get_by_label("Call").fill("call-2")
        page.get_by_role("button", name="Filter").click()
        page.get_by_role("link", name="Remove the filter Call: call-2").click()
        expect(page.get_by_role("link", name="call-1")).to_be_visible()


def test_it_holds_whatever_comes_in_any_width_and_theme(
    open_page: Callable[..., Any],
    post: Post,
    process: Callable[[], None],
) -> None:
    hostile = {LONG: "א" * 300, "cjk": "客服" * 200, "html": "<b>" * 99}
    post({**session(LONG, metadata=hostile), LONG: 1}, **LIVEKIT)
    process()
    post(MISFIT, **LIVEKIT)
    post(b"\x00" + LONG.encode() * 9, **LIVEKIT)
    rows = [f"{URL}/{row.uuid}" for row in Delivery.objects.all()]
    with open_page() as page:
        for address in (URL, f"{URL}?status=422&provider=livekit", *rows):
            page.goto(address)
            for look, found in faults_in_looks(page):
                assert page.evaluate(
                    "document.documentElement.scrollWidth <= window.innerWidth"
                ), (address, look)
                assert serious(found) == [], (address, look)
