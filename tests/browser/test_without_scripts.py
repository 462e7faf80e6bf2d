"""With JavaScript off, everything is there but live updates, the player and charts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Cookie, Locator, Page, expect

from tests.browser import walk
from tests.zelto.faults.load import PASSWORD
from tests.zelto.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.processes]


@pytest.fixture
def bare_page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.fixture
def signed_in(bare_page: Page, demo_cookies: list[Cookie]) -> Page:
    bare_page.context.add_cookies(demo_cookies)  # type: ignore[arg-type]
    return bare_page


def test_one_logs_in(bare_page: Page, demo_stack: Stack) -> None:
    bare_page.goto(f"{demo_stack.url}/login")
    bare_page.get_by_label("E-mail").fill(walk.EMAIL)
    bare_page.get_by_label("Password").fill(PASSWORD)
    bare_page.get_by_role("button", name="Log in").click()
    expect(bare_page.get_by_role("heading", level=1)).to_have_text("Home")


@dataclass
class Bare:
    """What a page is without scripts: its status, how many headings of the first level
    and buttons that do nothing, and its panels, by whether each has its link."""

    status: int
    headings: int
    useless: int
    panels: list[bool]


@pytest.fixture(scope="module")
def walked(
    browser: Browser, demo_pages: list[str], demo_cookies: list[Cookie]
) -> dict[str, Bare]:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(demo_cookies)  # type: ignore[arg-type]
    page = context.new_page()
    seen = {address: see(page, address) for address in demo_pages}
    context.close()
    return seen


def see(page: Page, address: str) -> Bare:
    answer = page.goto(address)
    return Bare(
        status=answer.status if answer else 0,
        headings=page.get_by_role("heading", level=1).count(),
        # Nothing is offered that would do nothing: a button sends a form, or opens what
        # browsers open by themselves.
        useless=page.locator(
            "button[type=button]:not([popovertarget]):visible"
        ).count(),
        panels=[
            panel.locator(f"a[href^='{path_of(panel)}']").first.is_visible()
            for panel in page.locator("[hx-trigger~='load']").all()
        ],
    )


def path_of(panel: Locator) -> str:
    return (panel.get_attribute("hx-get") or "").partition("?")[0]


def test_every_page_is_whole(walked: dict[str, Bare]) -> None:
    assert walked
    for address, bare in walked.items():
        assert (bare.status, bare.headings, bare.useless) == (200, 1, 0), address


def test_every_panel_that_a_script_would_load_is_a_link(
    walked: dict[str, Bare],
) -> None:
    assert [address for address, bare in walked.items() if bare.panels]
    assert not [address for address, bare in walked.items() if not all(bare.panels)]


def test_lists_are_filtered_and_turned(signed_in: Page, demo_stack: Stack) -> None:
    signed_in.goto(f"{demo_stack.url}/org/acme/conversations")
    newest = signed_in.locator("main tbody tr").first.inner_text()
    signed_in.get_by_role("link", name="Older").click()
    expect(signed_in).to_have_url(re.compile("before="))
    signed_in.get_by_role("link", name="Newer").click()
    expect(signed_in.locator("main tbody tr").first).to_have_text(
        re.compile(re.escape(newest.split()[0]))
    )


def test_menus_open(signed_in: Page, demo_stack: Stack) -> None:
    signed_in.goto(f"{demo_stack.url}/org/acme/conversations")
    signed_in.locator("summary[aria-label^='Account']").click()
    signed_in.get_by_role("link", name="Your profile").click()
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("Your profile")


def test_a_setting_is_saved(signed_in: Page, demo_stack: Stack) -> None:
    signed_in.goto(f"{demo_stack.url}/profile")
    signed_in.get_by_label("Your name").fill("Ada Lovelace")
    signed_in.get_by_role("button", name="Save name").click()
    expect(signed_in.get_by_text("Saved.")).to_be_visible()


def test_a_key_is_made_and_seen(signed_in: Page, demo_stack: Stack) -> None:
    signed_in.goto(f"{demo_stack.url}/org/acme/settings/integrations/livekit")
    signed_in.locator("summary", has_text="Create API key").click()
    signed_in.get_by_label("Name", exact=True).fill("without scripts")
    signed_in.get_by_role("button", name="Create API key").click()
    expect(signed_in.locator("#made-key")).to_have_text(re.compile("^zelto_"))
