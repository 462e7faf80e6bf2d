"""The main job: from nothing to the first finished session of a real worker, as a
person does it, in a browser that never reloads where a page turns by itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.integrations.livekit_worker.worker import run_worker
from tests.zelto.stack import Stack, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.processes]

WELCOME = re.compile(r"http://\S+/welcome/\S+")
# "Within a second or two", on a machine that does other things too.
SOON = 10_000  # milliseconds


def sign_up(page: Page, stack: Stack) -> None:
    """Through the link that `make run` prints."""
    wait_for(lambda: bool(WELCOME.search(stack.log)), 10, what="the link is printed")
    page.goto(WELCOME.findall(stack.log)[0])
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("Password", exact=True).fill("a long walk by the river")
    page.get_by_label("Organization").fill("Acme")
    page.get_by_role("button", name="Create organization").click()


def mint_key(page: Page) -> str:
    page.get_by_label("Name", exact=True).fill("livekit-prod-worker")
    page.get_by_role("button", name="Create API key").click()
    key = page.locator("#made-key").inner_text()
    assert re.fullmatch(r"zelto_[0-9A-Za-z]{49}", key)
    return key


def mark(page: Page) -> None:
    """A reload would wipe this."""
    page.evaluate("window.neverReloaded = true")


def assert_never_reloaded(page: Page) -> None:
    assert page.evaluate("window.neverReloaded") is True


def test_a_new_user_sees_the_first_session_of_a_real_worker(
    fresh_stack: Stack, page: Page, context: BrowserContext, tmp_path: Path
) -> None:
    sign_up(page, fresh_stack)
    expect(page.get_by_role("heading", name="LiveKit", exact=True)).to_be_visible()
    state = page.locator("#connection-state")
    expect(state).to_contain_text("Not connected")

    key = mint_key(page)
    expect(state).to_contain_text("Waiting for the first session")
    mark(page)

    home = context.new_page()
    home.goto(f"{fresh_stack.url}/")
    steps = home.locator(".z-home-steps")
    expect(steps).to_contain_text("A key can post.")
    mark(home)

    conversations = context.new_page()
    conversations.goto(f"{fresh_stack.url}/org/acme/conversations")
    expect(conversations.get_by_text("No conversations yet.")).to_be_visible()
    mark(conversations)

    code = tmp_path / "zelto_forward.py"
    code.write_text(page.locator("#worker-code").inner_text(), "utf-8")
    assert fresh_stack.url in code.read_text("utf-8")
    run = run_worker(code, "order:first-room", key=key, agent_name="front-desk")
    assert run.said("first-room") == []

    # All three pages turn by themselves.
    expect(state).to_contain_text("Active", timeout=SOON)
    expect(page.locator("#verify-steps")).to_contain_text("Seen")
    assert_never_reloaded(page)
    row = conversations.get_by_role("row").filter(has_text="front-desk")
    expect(row).to_have_count(1, timeout=SOON)
    expect(row).to_contain_text("LiveKit")
    assert_never_reloaded(conversations)
    expect(steps).to_have_count(0, timeout=SOON)
    expect(home.locator("#home-newest")).to_contain_text("front-desk")
    expect(home.locator("#home-answer")).to_contain_text("The agent forwards.")
    assert_never_reloaded(home)

    job_id = run.sessions["first-room"].job_id
    row.get_by_role("link", name=re.compile(re.escape(job_id))).click()
    transcript = conversations.get_by_role("main")
    expect(transcript).to_contain_text("where is my order?")
    expect(transcript).to_contain_text("lookup_order")
    expect(transcript).to_contain_text("A-1042")
    expect(transcript).to_contain_text("first-room")

    conversations.get_by_role("link", name="front-desk").first.click()
    expect(conversations.get_by_role("heading", level=1)).to_have_text("front-desk")
    expect(conversations.get_by_role("main")).to_contain_text("Last session")
    expect(conversations.locator("main time").first).to_contain_text(
        re.compile("now|second|minute")
    )
