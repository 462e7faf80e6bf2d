"""Whoever cannot see, or has only a keyboard: every page by the rules of axe (WCAG 2.2 A
and AA, and its good habits), and what no rule of axe looks at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Cookie, Page, expect

from tests.browser import walk
from tests.zelto.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.processes]

LOOKS = [(1440, "light"), (1440, "dark"), (390, "light")]
# htmx marks what it swaps; a panel is complete once nothing carries these any more.
BUSY = ".htmx-request, .htmx-settling, .htmx-swapping"


@contextmanager
def look(
    browser: Browser, cookies: list[Cookie], width: int = 1440, scheme: Any = "light"
) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    context.add_cookies(cookies)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def open_whole(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(BUSY)).to_have_count(0)


def faults_of(page: Page) -> list[str]:
    found = Axe().run(page).response
    assert found["passes"]
    return [
        f"{one['id']}: {node['target']} {node['html'][:200]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_rules_of_axe_hold_on_every_page(
    browser: Browser,
    demo_stack: Stack,
    demo_pages: list[str],
    demo_cookies: list[Cookie],
    width: int,
    scheme: str,
) -> None:
    signed_out = [demo_stack.url + path for path in walk.SIGNED_OUT]
    faults = {}
    for cookies, addresses in ((demo_cookies, demo_pages), ([], signed_out)):
        with look(browser, cookies, width, scheme) as page:
            for address in addresses:
                open_whole(page, address)
                if found := faults_of(page):
                    faults[address.removeprefix(demo_stack.url)] = found
    assert not faults


def test_the_walk_finds_the_pages(demo_pages: list[str]) -> None:
    kinds = {walk.kind_of(address) for address in demo_pages}
    assert {
        "/org/acme/conversations",
        "/org/acme/conversations/<id>",
        "/org/acme/agents/<id>",
        "/org/acme/deliveries/<id>",
        "/org/acme/settings/integrations/livekit",
        "/org/acme/settings/usage",
        "/org/acme/settings/members/<id>/remove",
        "/help/statuses",
        "/profile",
    } <= kinds


@pytest.mark.parametrize("width", [360, 390, 768, 1024, 1440])
def test_nothing_scrolls_sideways(
    browser: Browser, demo_pages: list[str], demo_cookies: list[Cookie], width: int
) -> None:
    too_wide = []
    with look(browser, demo_cookies, width) as page:
        for address in demo_pages:
            open_whole(page, address)
            if page.evaluate(
                "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            ):
                too_wide.append(address)
    assert not too_wide


def test_the_keyboard_begins_at_the_way_past_the_links(
    browser: Browser, demo_pages: list[str], demo_cookies: list[Cookie]
) -> None:
    with look(browser, demo_cookies) as page:
        for address in demo_pages:
            page.goto(address)
            page.keyboard.press("Tab")
            skip = page.get_by_role("link", name="Skip to content")
            expect(skip).to_be_focused()
            expect(skip).to_be_in_viewport()
            page.keyboard.press("Enter")
            expect(page.locator("#content")).to_be_focused()


def test_focus_goes_the_way_of_reading_and_can_be_seen(
    browser: Browser, demo_pages: list[str], demo_cookies: list[Cookie]
) -> None:
    with look(browser, demo_cookies) as page:
        for address in demo_pages:
            open_whole(page, address)
            # The order is that of the page: nobody is put in front.
            assert (
                page.locator("[tabindex]:not([tabindex='0'], [tabindex='-1'])").count()
                == 0
            )
            for _ in range(12):
                page.keyboard.press("Tab")
                assert page.evaluate(SHOWS_FOCUS), (address, page.evaluate(FOCUSED))


FOCUSED = "document.activeElement.outerHTML.slice(0, 200)"
# An outline of its own or on what stands for it, such as the whole row of a link.
SHOWS_FOCUS = """
(() => {
  const one = document.activeElement;
  if (one === document.body) return true;
  const drawn = (style) =>
    (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) ||
    style.boxShadow !== "none";
  return drawn(getComputedStyle(one)) || drawn(getComputedStyle(one, "::after"));
})()
"""
