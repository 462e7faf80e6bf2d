"""One conversation in a browser: keys, long transcripts, copies, print."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from conversations.models import Conversation
from tests.browser.axe import faults_in_looks, faults_of, too_wide_at
from tests.conversations.browser import signed_in_page
from tests.conversations.conftest import MakeConversation
from tests.zelto.stack import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
URL = "/org/acme/conversations"


def turns_of(count: int) -> list[dict[str, Any]]:
    return [
        {
            "role": "assistant" if number % 2 else "user",
            "content": f"word{number} " * 12,
            "startSeconds": number * 3,
            "metrics": {"e2e_latency": 0.5 + number / 10_000},
        }
        for number in range(1, count + 1)
    ]


@pytest.fixture
def long_one(make_conversation: MakeConversation) -> Conversation:
    return make_conversation(turns=turns_of(2000), external_id="long")


@pytest.fixture
def with_tool(make_conversation: MakeConversation) -> Conversation:
    return make_conversation(
        external_id="tooled",
        turns=[
            {"role": "user", "content": "Where is it?"},
            {
                "role": "tool",
                "kind": "call",
                "toolName": "look",
                "toolCallId": "1",
                "arguments": {"id": 7},
                "odd": "kept",
            },
            {"role": "tool", "kind": "result", "toolCallId": "1", "content": "here"},
        ],
    )


def test_keys_lead_through_a_filtered_list(
    page: Page, make_conversation: MakeConversation
) -> None:
    for number in range(3):
        make_conversation(external_id=f"wanted-{number}")
        make_conversation(external_id=f"other-{number}", provider="zelto")
    page.goto(f"{URL}?provider=livekit")
    page.get_by_role("link", name="wanted-2").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("wanted-2")
    for key, there in [
        ("j", "wanted-1"),
        ("ArrowRight", "wanted-0"),
        ("k", "wanted-1"),
        ("ArrowLeft", "wanted-2"),
    ]:
        page.wait_for_load_state()
        page.keyboard.press(key)
        expect(heading).to_have_text(there)
    previous = page.get_by_text("Previous", exact=True)
    expect(previous).to_have_attribute("aria-disabled", "true")
    page.wait_for_load_state()
    page.keyboard.press("u")
    expect(page).to_have_url(f"{page.url.split('/org')[0]}{URL}?provider=livekit")


def test_the_keys_are_listed_and_can_be_turned_off(
    page: Page, make_conversation: MakeConversation
) -> None:
    make_conversation(external_id="older")
    newer = make_conversation(external_id="newer")
    page.goto(f"{URL}/{newer.id}")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard")
    expect(dialog).to_contain_text("Next conversation, older")
    assert faults_of(page) == []
    dialog.get_by_label("Single keys work").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    heading = page.get_by_role("heading", level=1)
    page.keyboard.press("j")
    page.keyboard.press("?")
    expect(heading).to_have_text("newer")
    dialog.get_by_label("Single keys work").check()
    dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    expect(heading).to_have_text("older")


def test_with_another_key_held_it_is_the_browsers(
    page: Page, make_conversation: MakeConversation
) -> None:
    make_conversation(external_id="older")
    newer = make_conversation(external_id="newer")
    page.goto(f"{URL}/{newer.id}")
    for key in ("Control+j", "Alt+j", "Meta+j"):
        page.keyboard.press(key)
    assert page.url.endswith(str(newer.id))


def test_a_link_to_a_late_turn_opens_there(page: Page, long_one: Conversation) -> None:
    page.goto(f"{URL}/{long_one.id}#turn-1800")
    turn = page.locator("#turn-1800")
    expect(turn).to_be_in_viewport()
    assert page.evaluate("document.querySelector(':target').id") == "turn-1800"
    assert "at=1800" in page.url
    colour = turn.evaluate("e => getComputedStyle(e).backgroundColor")
    other = page.locator("#turn-1801")
    assert colour != other.evaluate("e => getComputedStyle(e).backgroundColor")
    page.goto("about:blank")
    page.goto(f"{URL}/{long_one.id}#turn-2001")
    expect(page.locator("#turn-1")).to_be_in_viewport()


def test_the_rest_comes_as_one_scrolls(page: Page, long_one: Conversation) -> None:
    page.goto(f"{URL}/{long_one.id}")
    turns = page.locator(".z-turn")
    expect(turns).to_have_count(300)
    for shown in (600, 900):
        page.locator(".z-more-turns a").last.scroll_into_view_if_needed()
        expect(turns).to_have_count(shown)
    numbers = turns.evaluate_all("all => all.map((one) => one.id)")
    assert numbers == [f"turn-{number}" for number in range(1, 901)]


def test_earlier_turns_come_above_and_the_place_stays(
    page: Page, long_one: Conversation
) -> None:
    page.goto(f"{URL}/{long_one.id}?at=1000#turn-1000")
    turn = page.locator("#turn-1000")
    expect(turn).to_be_in_viewport()
    page.get_by_role("link", name="Turns 601").click()
    expect(page.locator("#turn-601")).to_be_attached()
    assert page.locator(".z-more-turns").count() == 2


def test_the_copy_has_all_turns(page: Page, long_one: Conversation) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{URL}/{long_one.id}")
    page.get_by_role("button", name="Copy", exact=True).first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    text = page.evaluate("navigator.clipboard.readText()")
    assert "[1:40:00] User: word2000" in text
    assert text.count("Assistant: ") == 1000
    page.get_by_role("button", name="Copy JSON").click()

    def copied() -> str:
        return str(page.evaluate("navigator.clipboard.readText()"))

    wait_for(lambda: copied().startswith("{"), 10, what="the JSON is copied")
    assert len(json.loads(copied())["content"]) == 2000


def test_without_scripts_all_of_it_can_be_had(
    browser, live_server, bob_client, long_one
):
    with signed_in_page(
        browser,
        live_server.url,
        bob_client,
        expected_fault="404",  # the browser's own: a text names no icon
        java_script_enabled=False,
    ) as page:
        page.goto(f"{URL}/{long_one.id}")
        page.get_by_role("link", name="Turns 301").click()
        expect(page.locator("#turn-301")).to_be_in_viewport()
        page.get_by_role("link", name="slowest answer").click()
        expect(page.locator("#turn-2000")).to_be_in_viewport()
        page.get_by_role("link", name="All on one page").click()
        expect(page.locator(".z-turn")).to_have_count(2000)
        page.locator("a[href$='transcript.txt']").click()
        assert "word2000" in page.locator("body").inner_text()


def test_on_paper_there_is_what_was_said(page: Page, with_tool: Conversation) -> None:
    page.goto(f"{URL}/{with_tool.id}")
    arguments = page.get_by_label("Arguments of look")
    expect(arguments).to_be_hidden()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(arguments).to_be_visible()
    expect(page.get_by_text("Where is it?")).to_be_visible()
    for gone in (".z-side", ".z-top", ".z-actions", ".z-beside", ".z-transcript-tools"):
        expect(page.locator(gone)).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    expect(arguments).to_be_hidden()


def test_what_else_was_sent_with_a_turn_unfolds(
    page: Page, with_tool: Conversation
) -> None:
    page.goto(f"{URL}/{with_tool.id}")
    page.locator("#turn-2").hover()
    page.locator("#turn-2 .z-turn-details > summary").click()
    expect(page.locator("#turn-2")).to_contain_text("kept")


def test_nothing_hides_behind_the_corner(
    page: Page, with_tool: Conversation, long_one: Conversation
) -> None:
    for conversation in (with_tool, long_one):
        page.goto(f"{URL}/{conversation.id}")
        for details in page.locator(".z-turn-details").all()[:5]:
            details.evaluate("one => { one.open = true; }")
        for look, found in faults_in_looks(page, [(390, "light"), (1440, "light")]):
            assert too_wide_at(page, look[:1]) == []
            assert found == [], look
