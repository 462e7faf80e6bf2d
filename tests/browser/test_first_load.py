"""What a first visit costs: bytes that are loaded, and how far the page jumps meanwhile."""

from __future__ import annotations

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
# Google's Web Vitals call 0.1 good.
MAX_SHIFT = 0.02
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


def visit(browser: Browser, cookies: list[Cookie], address: str, width: int) -> Page:
    """With nothing in the cache."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_cookies(cookies)  # type: ignore[arg-type]
    return context.new_page()


def test_a_first_visit_loads_less_than_150_kb(
    browser: Browser, demo_pages: list[str], demo_cookies: list[Cookie]
) -> None:
    heavy = {}
    for address in demo_pages:
        page = visit(browser, demo_cookies, address, 1440)
        page.goto(address)
        page.wait_for_load_state("networkidle")
        sizes = page.evaluate(SIZES)
        assert len(sizes) > 5, "it saw what was loaded"
        if sum(sizes) > MAX_BYTES:
            heavy[address] = sum(sizes)
        page.context.close()
    assert not heavy


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_jumps_while_a_page_arrives(
    browser: Browser, demo_pages: list[str], demo_cookies: list[Cookie], width: int
) -> None:
    jumps = {}
    for address in demo_pages:
        page = visit(browser, demo_cookies, address, width)
        page.goto(address)
        page.wait_for_load_state("networkidle")
        shift = page.evaluate(SHIFT)
        if shift > MAX_SHIFT:
            jumps[address] = shift
        page.context.close()
    assert not jumps
