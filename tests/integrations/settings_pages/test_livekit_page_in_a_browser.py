"""What only a browser can tell of the integrations' pages: what turns by itself, what
goes without scripts, widths, themes, and the rules of axe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import ApiKey, Organization
from tests.browser.axe import faults_in_looks, serious
from tests.conftest import MakeKey
from tests.conversations.browser import browser_beside_django, signed_in_page
from tests.integrations.conftest import Post, session

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

URL = "/org/acme/settings/integrations"
LIVEKIT = {"X-Zelto-Provider": "livekit"}
LONG = "x" * 250
MISFIT = session(LONG, transcript={"turns": [{"role": LONG}]})
SOON = 10_000  # milliseconds


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_beside_django() as browser:
        yield browser


@pytest.fixture
def open_page(
    browser: Browser, live_server: LiveServer, alice_client: Client
) -> Callable[..., Any]:
    """`with open_page(...) as page`: Alice's, with options of a browser context."""
    return lambda **options: signed_in_page(
        browser, live_server.url, alice_client, **options
    )


@pytest.fixture
def page(open_page: Callable[..., Any]) -> Iterator[Page]:
    with open_page() as page:
        yield page


def test_it_turns_by_itself(
    page: Page, post: Post, process: Callable[[], None]
) -> None:
    page.goto(f"{URL}/livekit")
    page.evaluate("window.neverReloaded = true")
    state = page.locator("#connection-state")
    expect(state).to_contain_text("Waiting for the first session")
    post(MISFIT, **LIVEKIT)
    expect(state).to_contain_text("1 refused", timeout=SOON)
    post(session("call-seen"), **LIVEKIT)
    process()
    expect(state).to_contain_text("Active", timeout=SOON)
    expect(page.locator("#verify-steps")).to_contain_text("Seen")
    expect(page.locator("#latest-deliveries")).to_contain_text("call-seen")
    assert page.evaluate("window.neverReloaded") is True


def test_what_has_the_focus_stays(
    page: Page, post: Post, process: Callable[[], None]
) -> None:
    post(session("call-1"), **LIVEKIT)
    process()
    page.goto(f"{URL}/livekit")
    link = page.locator("#latest-deliveries a", has_text="call-1")
    link.focus()
    post(session("call-2"), **LIVEKIT)
    process()
    expect(page.locator("#connection-state")).to_contain_text("2 today", timeout=SOON)
    expect(link).to_be_focused()
    link.blur()
    expect(page.locator("#latest-deliveries")).to_contain_text("call-2", timeout=SOON)


def test_keys_go_without_scripts(
    open_page: Callable[..., Any], organization: Organization
) -> None:
    with open_page(java_script_enabled=False) as page:
        page.goto(f"{URL}/livekit")
        page.get_by_label("Name", exact=True).fill("one")
        page.get_by_role("button", name="Create API key").click()
        assert page.locator("#made-key").inner_text().startswith("zelto_")
        page.get_by_role("button", name="Revoke one").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("Revoke one?")
        dialog.get_by_role("button", name="Keep it").click()
        expect(dialog).to_be_hidden()
        page.get_by_role("button", name="Revoke one").click()
        page.get_by_role("button", name="Revoke", exact=True).click()
        expect(page.get_by_text("one is revoked.")).to_be_visible()
        page.get_by_text("Create API key", exact=True).first.click()
        page.get_by_label("Name", exact=True).fill("two")
        page.get_by_role("button", name="Create API key").click()
        assert page.locator("#made-key").inner_text().startswith("zelto_")
    assert set(ApiKey.objects.usable().values_list("name", flat=True)) == {"two"}


def test_the_key_is_copied(open_page: Callable[..., Any]) -> None:
    with open_page(permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(f"{URL}/livekit")
        page.get_by_label("Name", exact=True).fill("one")
        page.get_by_role("button", name="Create API key").click()
        page.locator(".z-made .z-copy").click()
        expect(page.locator(".z-made .z-copy")).to_contain_text("Copied")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == page.locator("#made-key").inner_text()


def test_it_holds_whatever_comes_in_any_width_and_theme(
    open_page: Callable[..., Any],
    organization: Organization,
    make_key: MakeKey,
    post: Post,
    process: Callable[[], None],
) -> None:
    make_key(organization, name=LONG)
    post(session("call-1", agent={"externalId": LONG, "name": LONG}), **LIVEKIT)
    process()
    post(MISFIT, **LIVEKIT)
    with open_page() as page:
        for address in (URL, f"{URL}/livekit", f"{URL}/api"):
            page.goto(address)
            for look, found in faults_in_looks(page):
                assert page.evaluate(
                    "document.documentElement.scrollWidth <= window.innerWidth"
                ), (address, look)
                assert serious(found) == [], (address, look)
