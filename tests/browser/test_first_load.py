"""What a first visit costs: bytes that are loaded, and how far the page jumps meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Cookie, Page

pytestmark = [pytest.mark.browser, pytest.mark.processes]

# As they are sent, which is compressed; without the headers of answers.
MAX_BYTES = 150_000
SIZES = """
["navigation", "resource"]
  .flatMap((kind) => performance.getEntriesByType(kind))
  .map((entry) => entry.encodedBodySize)
"""
# Half of what Web Vitals call good: a table that is parsed in two parts shifts by 0.02.
MAX_SHIFT = 0.05
SHIFT = """
new Promise((resolve) => {
  let shift = 0;
  const seen = (list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) shift += entry.value;
  };
  const observer = new PerformanceObserver(seen);
  observer.observe({ type: "layout-shift", buffered: true });
  // Two frames: what was laid out last has been reported by then.
  requestAnimationFrame(() => requestAnimationFrame(() => {
    seen({ getEntries: () => observer.takeRecords() });
    resolve(shift);
  }));
})
"""


# So many load at a time: each is waited for until its network is quiet.
AT_ONCE = 4
WIDTHS = [390, 1440]


@dataclass
class Visited:
    """By width and address: the bytes of each thing that was loaded, and the shift."""

    sizes: dict[int, dict[str, list[int]]]
    shift: dict[int, dict[str, float]]


@pytest.fixture(scope="module")
def visited(
    browser: Browser, demo_pages: list[str], demo_cookies: list[Cookie]
) -> Visited:
    seen = Visited({width: {} for width in WIDTHS}, {width: {} for width in WIDTHS})
    for width in WIDTHS:
        for first in range(0, len(demo_pages), AT_ONCE):
            addresses = demo_pages[first : first + AT_ONCE]
            pages = [visit(browser, demo_cookies, one, width) for one in addresses]
            for address, page in zip(addresses, pages, strict=True):
                page.wait_for_load_state("networkidle")
                seen.sizes[width][address] = page.evaluate(SIZES)
                seen.shift[width][address] = page.evaluate(SHIFT)
                page.context.close()
    return seen


def visit(browser: Browser, cookies: list[Cookie], address: str, width: int) -> Page:
    """With nothing in the cache; without waiting until it is all there."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_cookies(cookies)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address, wait_until="commit")
    return page


def test_a_first_visit_loads_less_than_150_kb(
    visited: Visited, demo_pages: list[str]
) -> None:
    sizes = visited.sizes[1440]
    assert list(sizes) == demo_pages
    assert all(len(each) > 5 for each in sizes.values()), "it saw what was loaded"
    assert not {
        address: sum(each) for address, each in sizes.items() if sum(each) > MAX_BYTES
    }


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_jumps_while_a_page_arrives(
    visited: Visited, demo_pages: list[str], width: int
) -> None:
    shifts = visited.shift[width]
    assert list(shifts) == demo_pages
    assert not {each: shift for each, shift in shifts.items() if shift > MAX_SHIFT}
