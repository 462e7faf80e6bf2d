"""A key's life in a browser: made, given an end, rolled, revoked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import ApiKey, Organization
from tests.browser.axe import LOOKS, faults_in_looks, serious, show
from tests.conftest import MakeKey
from tests.conversations.browser import browser_beside_django, signed_in_page
from tests.integrations.conftest import Post, session

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

URL = "/org/acme/settings/integrations/livekit"
LONG = "x" * 250


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_beside_django() as browser:
        yield browser


@pytest.fixture
def open_page(
    browser: Browser, live_server: LiveServer, dora_client: Client
) -> Callable[..., Any]:
    return lambda **options: signed_in_page(
        browser, live_server.url, dora_client, **options
    )


def mint(page: Page, name: str) -> str:
    page.goto(URL)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Scope").select_option("ingest")
    page.get_by_role("button", name="Create API key").click()
    return page.locator("#made-key").inner_text()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_key_is_made_rolled_and_revoked(
    open_page: Callable[..., Any], organization: Organization, post: Post, scripts: bool
) -> None:
    ApiKey.objects.all().delete()
    with open_page(java_script_enabled=scripts) as page:
        old = mint(page, "worker")
        assert post(session(), key=old, **{"User-Agent": "bot/7"}).status_code == 200

        page.get_by_role("link", name="worker").click()
        expect(page.get_by_text("front-desk").first).to_be_visible()
        page.get_by_role("textbox", name="Name").fill("worker-eu")
        page.get_by_role("button", name="Rename").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("worker-eu")
        page.get_by_label("Expires").fill("2099-12-31")
        page.get_by_role("button", name="Change expiry").click()
        expect(page.get_by_label("Expires")).to_have_value("2099-12-31")

        page.get_by_label("The old key works for").select_option("1 hour")
        page.get_by_role("button", name="Roll key").click()
        new = page.locator("#made-key").inner_text()
        assert new != old
        for key in (old, new):
            assert post(session(), key=key).status_code == 200

        page.get_by_role("link", name="Page of the old key").click()
        page.get_by_role("button", name="Revoke worker-eu").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("It is in use: 2 of the newest posts")
        expect(dialog).to_contain_text("front-desk")
        dialog.get_by_role("button", name="Revoke").click()
        expect(page.get_by_text("worker-eu is revoked.")).to_be_visible()
    assert post(session(), key=old).status_code == 401
    assert post(session(), key=new).status_code == 200


def test_it_holds_in_any_width_and_theme(
    open_page: Callable[..., Any],
    organization: Organization,
    make_key: MakeKey,
    post: Post,
) -> None:
    key, text = make_key(organization, name=LONG)
    body = session(agent={"externalId": "א" * 200})
    post(body, key=text, **{"User-Agent": LONG})
    with open_page() as page:
        page.goto(URL)
        for look in LOOKS:
            show(page, *look)
            # The whole table is inside its card, which has the width of the page.
            card = page.locator("#keys").bounding_box()
            table = page.locator("#keys table").bounding_box()
            main = page.get_by_role("main").bounding_box()
            assert card and table and main
            assert table["width"] <= card["width"], look
            assert card["width"] > main["width"] * 0.85, look
        page.goto(f"{URL}/keys/{key.id}")
        for look, found in faults_in_looks(page):
            assert page.evaluate(
                "document.documentElement.scrollWidth <= window.innerWidth"
            ), look
            assert serious(found) == [], look
