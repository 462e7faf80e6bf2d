"""Browsers and stacks for tests of whole pages; no script may fail in them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Cookie, Page

from tests.browser import walk
from tests.browser.chromium import chromium
from tests.zelto.faults.load import PASSWORD, provision
from tests.zelto.stack import Stack

PATIENCE = 10_000  # milliseconds


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run a browser for a module, not longer: Playwright's loop, while it runs, makes
    Django refuse queries in this thread, and allows no second one.
    """
    with chromium() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """Return a page on which no script may fail and nothing may be blocked."""
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda message: (
            faults.append(message.text)
            if message.type == "error" and "Content Security" in message.text
            else None
        ),
    )
    yield page
    assert not faults


@pytest.fixture
def fresh_stack() -> Iterator[Stack]:
    """Run `make run` in a folder that is empty."""
    with Stack(fresh=True) as stack:
        yield stack


@pytest.fixture(scope="session")
def demo_stack() -> Iterator[Stack]:
    """Run `make run` with what `make demo` makes; for tests that change nothing."""
    with Stack() as stack:
        provision(stack)
        stack.manage("demo", "--sessions", "120")
        yield stack


@pytest.fixture(scope="session")
def demo_pages(demo_stack: Stack) -> list[str]:
    """Return the addresses of all pages that links lead to."""
    return walk.find_pages(demo_stack)


@pytest.fixture(scope="module")
def demo_cookies(browser: Browser, demo_stack: Stack) -> list[Cookie]:
    """Return the cookies of a signed-in browser, so that each test need not type a
    password.
    """
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{demo_stack.url}/login")
    page.get_by_label("E-mail").fill(walk.EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/org/**")
    cookies = context.cookies()
    context.close()
    return cookies
