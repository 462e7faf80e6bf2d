"""A player without eyes, without scripts, on a phone and on paper"""

from __future__ import annotations

import re

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.axe import faults_in_looks
from tests.conversations.browser import signed_in_page
from tests.conversations.conftest import MakeConversation, MakeRecording

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STARTS = (1, 4, 7, 16, 19)
TURNS = [
    {
        "role": "assistant" if number % 2 else "user",
        "content": f"Sentence {number}",
        "startSeconds": start,
        "endSeconds": start + 2,
    }
    for number, start in enumerate(STARTS, start=1)
]
HEARD = [
    [(start, start + 2.0) for start in STARTS[::2]],
    [(start, start + 2.0) for start in STARTS[1::2]],
]


@pytest.fixture
def url(make_conversation: MakeConversation, make_recording: MakeRecording) -> str:
    conversation = make_conversation(TURNS, system_prompt="Be kind.")
    make_recording(conversation, 24.0, heard=HEARD)
    return f"/org/acme/conversations/{conversation.id}"


def test_the_rules_of_axe_hold_with_a_player(
    browser: Browser, live_server: LiveServer, bob_client: Client, url: str
) -> None:
    with signed_in_page(
        browser, live_server.url, bob_client, reduced_motion="reduce"
    ) as page:
        page.goto(f"{url}?t=20")
        expect(page.locator("[data-turns] [aria-current=true]")).to_be_visible()
        for part in page.locator(".z-player-notes details").all():
            part.evaluate("one => { one.open = true; }")
        # Without its own reading of style sheets, which writes one that is refused.
        for look, found in faults_in_looks(page, preload=False):
            assert found == [], look
            overflow = "() => document.documentElement.scrollWidth - innerWidth"
            assert page.evaluate(overflow) <= 0, look


def test_without_scripts_the_browser_plays_it(
    browser: Browser, live_server: LiveServer, bob_client: Client, url: str
) -> None:
    with signed_in_page(
        browser, live_server.url, bob_client, java_script_enabled=False
    ) as page:
        page.goto(url)
        expect(page.locator("audio[controls]")).to_be_visible()
        expect(page.get_by_role("slider")).to_be_hidden()
        page.locator("#turn-5 .z-at").click()
        expect(page).to_have_url(re.compile(r"t=19\.0#turn-5$"))
        source = page.locator("audio").get_attribute("src") or ""
        assert source.endswith("/recording#t=19.0")


def test_on_paper_there_is_no_player(page: Page, url: str) -> None:
    page.goto(url)
    page.emulate_media(media="print")
    expect(page.locator(".z-player")).to_be_hidden()
    expect(page.locator(".z-player-notes")).to_be_hidden()
