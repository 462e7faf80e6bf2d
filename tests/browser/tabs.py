"""Chromium and Firefox by the same few words, for what both must do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.browser.chromium import ARGUMENTS, find_chromium
from tests.zelto.stack import wait_for

PATIENCE = 15  # seconds
# With it off, going back never shows a page as it was; people have it on.
AS_PEOPLE_HAVE_IT = ["--disable-back-forward-cache"]


class Tabs(Protocol):
    """A browser with tabs; each word is about the one that is in front."""

    def open(self, address: str) -> None: ...
    def open_tab(self) -> int: ...
    def go_to_tab(self, number: int) -> None: ...
    def fill(self, selector: str, text: str) -> None: ...
    def submit(self, selector: str) -> None: ...
    def back(self) -> None: ...
    def run(self, script: str) -> Any: ...
    def cookies(self) -> set[str]: ...


class Chromium:
    """As Firefox has it; by Playwright."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self._page: Page = context.new_page()

    def open(self, address: str) -> None:
        self._page.goto(address)

    def open_tab(self) -> int:
        self._page = self._context.new_page()
        return len(self._context.pages) - 1

    def go_to_tab(self, number: int) -> None:
        self._page = self._context.pages[number]
        self._page.bring_to_front()

    def fill(self, selector: str, text: str) -> None:
        self._page.fill(selector, text)

    def submit(self, selector: str) -> None:
        with self._page.expect_navigation():
            self._page.click(selector)

    def back(self) -> None:
        self._page.evaluate("() => { history.back() }")

    def run(self, script: str) -> Any:
        return self._page.evaluate(f"() => {{ {script} }}")

    def cookies(self) -> set[str]:
        return {one["name"] for one in self._context.cookies()}


@contextmanager
def chromium_of_people() -> Iterator[Browser]:
    """Run Chromium for the block, with the memory of pages that people have on."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(),
            args=[*ARGUMENTS, "--autoplay-policy=no-user-gesture-required"],
            ignore_default_args=AS_PEOPLE_HAVE_IT,
        )
        try:
            yield browser
        finally:
            browser.close()


def shown(tabs: Tabs) -> str:
    """Return what somebody reads there; nothing of a page that is hidden."""
    script = """
        const seen = getComputedStyle(document.documentElement).visibility;
        return seen === "hidden" || !document.body ? "" : document.body.innerText;
    """
    return str(tabs.run(script))


def wait_until_shown(tabs: Tabs, text: str) -> str:
    """Wait for a text on the page, and return all that was there meanwhile.

    Raises:
        AssertionError: it did not come in time.
    """
    seen: list[str] = []

    def is_shown() -> bool:
        try:
            seen.append(shown(tabs))
        except (PlaywrightError, RuntimeError):  # the page is just being left
            return False
        return text in seen[-1]

    wait_for(is_shown, PATIENCE, what=f"{text} is shown")
    return "\n".join(seen)
