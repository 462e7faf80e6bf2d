"""What only a browser can tell: themes, widths, keys, and the rules of axe."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from conversations.models import Conversation
from tests.browser.axe import faults_in_looks, too_wide_at
from tests.conversations.browser import signed_in_page
from tests.conversations.conftest import MakeAgent, MakeConversation

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
URL = "/org/acme/conversations"
PAYLOAD = Path(__file__).resolve().parents[2] / "payloads/livekit/tool_error"
LONG = "x" * 250
ODD_TURNS = [
    {"role": "assistant", "content": LONG * 4, "interrupted": True},
    {"role": "user", "content": "\u0645\u0631\u062d\u0628\u0627 " * 40},
    {"role": "user", "content": "\u6ce8\u6587\u756a\u53f7" * 60},
    {"role": "tool", "kind": "call", "toolName": LONG, "arguments": {LONG: LONG}},
    {"role": "system", "kind": "handoff", "content": "support -> billing"},
    {"role": "system", "kind": "note", "content": LONG},
]


@pytest.fixture
def recorded(make_conversation: MakeConversation) -> Conversation:
    body = json.loads(PAYLOAD.with_suffix(".canonical.json").read_text("utf-8"))
    return make_conversation(
        turns=body["transcript"]["turns"],
        system_prompt=body["systemPrompt"],
        metadata=body["metadata"],
        external_id="RM_9f",
    )


@pytest.fixture
def odd(make_conversation: MakeConversation, make_agent: MakeAgent) -> Conversation:
    """Everything as long as it may be."""
    return make_conversation(
        agent=make_agent(name=LONG, external_id=LONG),
        external_id=LONG,
        customer_name=LONG,
        ended_reason=LONG,
        version=LONG,
        recording_url=f"https://example.org/{LONG}",
        metadata={LONG: LONG, "nested": {LONG: [LONG]}},
        system_prompt=LONG * 10,
        turns=ODD_TURNS,
    )


def addresses_of(conversation: Conversation) -> list[str]:
    return [
        URL,
        f"{URL}?reference=nobody&provider=x&agent={conversation.agent_id}",
        f"{URL}/{conversation.id}",
        "/org/acme/agents",
        f"/org/acme/agents/{conversation.agent_id}",
    ]


def test_nothing_scrolls_sideways(page: Page, recorded, odd):
    for address in addresses_of(odd) + addresses_of(recorded):
        page.goto(address)
        assert too_wide_at(page, (360, 768, 1000, 1440)) == [], address


def test_the_rules_of_axe_hold(page: Page, recorded):
    for address in addresses_of(recorded):
        page.goto(address)
        for look, found in faults_in_looks(page):
            assert [one["id"] for one in found] == [], (address, look)


def test_the_theme_is_the_systems_until_one_is_chosen(page: Page, recorded):
    html = page.locator("html")
    page.emulate_media(color_scheme="dark")
    page.goto(URL)
    expect(html).to_have_attribute("data-bs-theme", "dark")
    switch = page.get_by_role("button", name="Theme: auto")
    switch.click()
    expect(html).to_have_attribute("data-bs-theme", "light")
    page.reload()
    expect(html).to_have_attribute("data-bs-theme", "light")
    page.get_by_role("button", name="Theme: light").click()
    page.emulate_media(color_scheme="light")
    expect(html).to_have_attribute("data-bs-theme", "dark")


def test_without_scripts_the_pages_are_all_there(
    browser, live_server, bob_client, recorded, make_findable
):
    make_findable()
    with signed_in_page(
        browser,
        live_server.url,
        bob_client,
        java_script_enabled=False,
        color_scheme="dark",
    ) as page:
        page.goto(URL)
        page.get_by_label("Reference or name").fill("9f")
        page.get_by_role("button", name="Filter").click()
        page.get_by_role("link", name="RM_9f").click()
        expect(page.get_by_text("order service: 404 no such order")).to_be_visible()
        expect(page.get_by_text("You are Northwind")).to_be_visible()
        expect(page.get_by_role("button", name="Copy")).to_have_count(0)
        expect(page.locator("body")).to_have_css("color-scheme", "light dark")


def test_the_keyboard_reaches_a_row_and_the_menu(page: Page, recorded):
    page.goto(URL)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    menu = page.locator("summary[aria-label^='Account']")
    menu.focus()
    page.keyboard.press("Enter")
    log_out = page.get_by_role("button", name="Log out")
    expect(log_out).to_be_visible()
    page.keyboard.press("Escape")
    expect(log_out).to_be_hidden()
    expect(menu).to_be_focused()
    page.get_by_role("link", name="RM_9f").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{page.url.split('/org')[0]}{URL}/{recorded.id}")


def test_a_reference_is_copied(page: Page, recorded):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{URL}/{recorded.id}")
    page.get_by_role("button", name="Copy reference").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "RM_9f"


def test_a_turn_has_an_address(page: Page, recorded):
    page.goto(f"{URL}/{recorded.id}#turn-4")
    assert page.evaluate("document.querySelector(':target').id") == "turn-4"
