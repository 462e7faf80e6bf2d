"""Whoever cannot see, or has only a keyboard: every page by the rules of axe (WCAG 2.2 A
and AA, and its good habits), and what no rule of axe looks at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Cookie, Page, expect

from tests.browser import walk
from tests.browser.axe import HEIGHT, faults_in_looks, is_too_wide, show
from tests.zelto.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.processes]

LOOKS = [(1440, "light"), (1440, "dark"), (390, "light")]
WIDTHS = [360, 390, 768, 1024, 1440]
# htmx marks what it swaps; a panel is complete once nothing carries these any more.
BUSY = ".htmx-request, .htmx-settling, .htmx-swapping"
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

# Marks rows of a table that differ from one above in words alone: the same elements,
# classes and states, and texts where it has texts.
MARK_ALIKE = r"""
() => {
  const names = /^aria-(label|labelledby|describedby|controls)$|^data-(id|version|key)/;
  const told = /^(class|style|role|type|hidden|disabled|tabindex|aria-.*|data-.*)$/;
  const attribute = ({ name, value }) =>
    `${name}=${told.test(name) && !names.test(name) ? value : Boolean(value)}`;
  const shape = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data.trim() ? "text" : "";
    if (node.nodeType !== Node.ELEMENT_NODE) return "";
    const attributes = [...node.attributes].map(attribute).sort();
    const inside = [...node.childNodes].map(shape).join("");
    return `<${node.tagName} ${attributes}>${inside}</>`;
  };
  for (const body of document.querySelectorAll("tbody")) {
    const seen = new Set();
    for (const row of body.rows) {
      const one = shape(row);
      if (seen.has(one)) row.dataset.alike = "";
      seen.add(one);
    }
  }
}
"""
ALIKE = "[data-alike]"


@dataclass
class Walked:
    """What was seen of all pages, each loaded once.

    faults: by width and scheme, of each address, what axe found.
    too_wide: by width, the addresses of pages that scroll sideways.
    way_past, focus: what is wrong for who has only a keyboard.
    """

    faults: dict[tuple[int, str], dict[str, list[str]]] = field(
        default_factory=lambda: {look: {} for look in LOOKS}
    )
    too_wide: dict[int, list[str]] = field(
        default_factory=lambda: {width: [] for width in WIDTHS}
    )
    way_past: list[str] = field(default_factory=list)
    focus: list[str] = field(default_factory=list)
    pages: int = 0


@pytest.fixture(scope="module")
def walked(
    browser: Browser,
    demo_stack: Stack,
    demo_pages: list[str],
    demo_cookies: list[Cookie],
) -> Walked:
    """Every page in all its looks: a page that is loaded is resized and recoloured."""
    seen = Walked()
    signed_out = [demo_stack.url + path for path in walk.SIGNED_OUT]
    for cookies, addresses in ((demo_cookies, demo_pages), ([], signed_out)):
        with look(browser, cookies) as page:
            for address in addresses:
                open_whole(page, address)
                name = address.removeprefix(demo_stack.url)
                see_with_axe(page, name, seen)
                see_other_widths(page, name, seen)
                if cookies:
                    use_the_keyboard(page, name, seen)
                seen.pages += 1
    return seen


def see_with_axe(page: Page, name: str, seen: Walked) -> None:
    """Of rows that are alike, the first look is at each, the others at one."""
    page.evaluate(MARK_ALIKE)
    for shown, found in faults_in_looks(page, LOOKS, but=[ALIKE]):
        note_width(page, shown[0], name, seen)
        if found:
            seen.faults[shown][name] = [
                f"{one['id']}: {node['target']} {node['html'][:200]}"
                for one in found
                for node in one["nodes"]
            ]


def see_other_widths(page: Page, name: str, seen: Walked) -> None:
    """The widths in which axe did not see it."""
    for width in set(WIDTHS) - {width for width, _ in LOOKS}:
        show(page, width)
        note_width(page, width, name, seen)


def note_width(page: Page, width: int, name: str, seen: Walked) -> None:
    if is_too_wide(page):
        seen.too_wide[width].append(name)


def use_the_keyboard(page: Page, name: str, seen: Walked) -> None:
    """As on a page that was just opened: so far nothing on it has had the focus."""
    show(page, 1440)
    skip = page.get_by_role("link", name="Skip to content")
    page.keyboard.press("Tab")
    with noting(seen.way_past, name):
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()
    with noting(seen.focus, name):
        # The order is that of the page: nobody is put in front.
        in_front = page.locator("[tabindex]:not([tabindex='0'], [tabindex='-1'])")
        assert in_front.count() == 0
        for _ in range(11):
            assert page.evaluate(SHOWS_FOCUS), page.evaluate(FOCUSED)
            page.keyboard.press("Tab")
        assert page.evaluate(SHOWS_FOCUS), page.evaluate(FOCUSED)
    with noting(seen.way_past, name):
        skip.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#content")).to_be_focused()


@contextmanager
def noting(faults: list[str], name: str) -> Iterator[None]:
    """So that one page does not end the walk of all."""
    try:
        yield
    except AssertionError as error:
        faults.append(f"{name}: {error}")


@contextmanager
def look(browser: Browser, cookies: list[Cookie]) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 1440, "height": HEIGHT},
        color_scheme="light",
        reduced_motion="reduce",
    )
    context.add_cookies(cookies)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def open_whole(page: Page, address: str) -> None:
    show(page, 1440)
    page.goto(address)
    expect(page.locator(BUSY)).to_have_count(0)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_rules_of_axe_hold_on_every_page(
    walked: Walked, demo_pages: list[str], width: int, scheme: str
) -> None:
    assert walked.pages == len(demo_pages) + len(walk.SIGNED_OUT)
    assert not walked.faults[width, scheme]


def test_the_walk_finds_the_pages(demo_pages: list[str]) -> None:
    kinds = {walk.kind_of(address) for address in demo_pages}
    assert {
        "/org/acme/",
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


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_scrolls_sideways(walked: Walked, width: int) -> None:
    assert not walked.too_wide[width]


def test_the_keyboard_begins_at_the_way_past_the_links(walked: Walked) -> None:
    assert not walked.way_past


def test_focus_goes_the_way_of_reading_and_can_be_seen(walked: Walked) -> None:
    assert not walked.focus
