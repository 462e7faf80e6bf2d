"""What admins do on the page of a conversation: watch its deliveries, erase it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from conversations.models import Conversation
from tests.browser.axe import faults_in_looks, faults_of
from tests.conversations.browser import browser_beside_django, signed_in_page
from tests.integrations.conftest import Post, session

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIST = "/org/acme/conversations"
SOON = 10_000  # milliseconds
Process = Callable[[], None]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_beside_django() as browser:
        yield browser


@pytest.fixture
def page(
    browser: Browser, live_server: LiveServer, dora_client: Client
) -> Iterator[Page]:
    with signed_in_page(browser, live_server.url, dora_client) as page:
        yield page


@pytest.fixture
def conversation(post: Post, process: Process) -> Conversation:
    post(session())
    process()
    return Conversation.objects.get()


def test_a_repost_announces_itself(
    page: Page, conversation: Conversation, post: Post, process: Process
) -> None:
    post(session(version="v2"))
    page.goto(f"{LIST}/{conversation.id}")
    panel = page.get_by_role("region", name="Deliveries")
    expect(panel).to_contain_text("not in the conversation yet")
    process()
    expect(panel).to_contain_text("has changed this conversation", timeout=SOON)
    expect(panel).to_contain_text("Changed agent version.")
    expect(page.locator("#facts")).not_to_contain_text("v2")
    page.get_by_role("link", name="Show it as it is now").click()
    expect(page.locator("#facts")).to_contain_text("v2")
    expect(panel).not_to_contain_text("has changed this conversation")


def test_the_panel_leads_to_each_delivery(
    page: Page, conversation: Conversation
) -> None:
    page.goto(f"{LIST}/{conversation.id}")
    panel = page.get_by_role("region", name="Deliveries")
    expect(panel).to_contain_text("Brought 2 turns.")
    panel.get_by_role("link").first.click()
    expect(page.get_by_role("main")).to_contain_text("Outcome")


def test_erasing_asks_for_the_reference(page: Page, conversation: Conversation) -> None:
    page.goto(f"{LIST}/{conversation.id}")
    page.locator("summary[aria-label='More']").click()
    page.get_by_role("link", name="Erase…").click()
    assert faults_of(page) == []
    page.get_by_role("textbox", name="Reference").fill("another")
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_text("This is not the reference")).to_be_visible()
    assert Conversation.objects.exists()
    page.get_by_role("textbox", name="Reference").fill("call-1")
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_text("Erased call-1.")).to_be_visible()
    expect(page.get_by_role("link", name="call-1")).to_have_count(0)
    assert not Conversation.objects.exists()


def test_without_scripts_it_can_be_erased_too(
    browser: Browser,
    live_server: LiveServer,
    dora_client: Client,
    conversation: Conversation,
) -> None:
    with signed_in_page(
        browser, live_server.url, dora_client, java_script_enabled=False
    ) as page:
        page.goto(f"{LIST}/{conversation.id}")
        page.get_by_role("link", name="Deliveries").last.click()
        expect(page.get_by_role("main")).to_contain_text("Brought 2 turns.")
        page.go_back()
        page.locator("summary[aria-label='More']").click()
        page.get_by_role("link", name="Erase…").click()
        page.get_by_role("textbox", name="Reference").fill("call-1")
        page.get_by_role("button", name="Erase for good").click()
        expect(page.get_by_text("Erased call-1.")).to_be_visible()


def test_the_rules_of_axe_hold(page: Page, conversation: Conversation) -> None:
    for path in ("", "/erase", "/deliveries"):
        page.goto(f"{LIST}/{conversation.id}{path}")
        page.wait_for_load_state("networkidle")
        for look, found in faults_in_looks(page):
            assert [one["id"] for one in found] == [], (path, look)
