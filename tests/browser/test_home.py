"""Who logs in lands on the home page, and what arrives appears there by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import walk
from tests.zelto.faults.load import PASSWORD, body, post, provision
from tests.zelto.stack import FOR_SESSIONS, Stack

pytestmark = [pytest.mark.browser, pytest.mark.processes]

SOON = 20_000  # milliseconds


@pytest.fixture
def stack() -> Iterator[Stack]:
    with Stack(processes=FOR_SESSIONS) as stack:
        yield stack


def log_in(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.url}/login")
    page.get_by_label("E-mail").fill(walk.EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/org/acme/$"))


def test_login_lands_on_home_where_a_posted_session_appears(
    stack: Stack, page: Page
) -> None:
    key = provision(stack)["apiKey"]
    log_in(page, stack)
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")
    expect(page.locator(".z-home-steps")).to_contain_text("A key can post.")
    page.evaluate("window.neverReloaded = true")

    refused = body("first", bad="x")
    refused["transcript"]["turns"] = [{"role": "robot"}]
    assert post(stack.port, key, refused) == 422
    steps = page.locator(".z-home-steps")
    expect(steps).to_contain_text("It posts, but is refused", timeout=SOON)

    assert post(stack.port, key, body("first")) == 200
    newest = page.locator("#home-newest")
    expect(newest.get_by_role("link", name="first", exact=True)).to_be_visible(
        timeout=SOON
    )
    expect(steps).to_have_count(0)
    expect(page.locator("#home-answer")).to_contain_text("The agent forwards.")
    expect(page.locator("#home-today")).to_contain_text("1 session so far")

    # Where the reader is at work nothing moves; elsewhere it does.
    link = newest.get_by_role("link", name="first", exact=True)
    link.focus()
    assert post(stack.port, key, body("second")) == 200
    expect(page.locator("#home-today")).to_contain_text(
        "2 sessions so far", timeout=SOON
    )
    expect(link).to_be_focused()
    expect(newest.locator("tbody tr")).to_have_count(1)
    link.blur()
    expect(newest.locator("tbody tr")).to_have_count(2, timeout=SOON)
    assert page.evaluate("window.neverReloaded") is True
