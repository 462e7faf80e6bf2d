"""What people do with agents, in a browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from conversations.models import Agent, Conversation
from tests.browser.axe import faults_in_looks, too_wide_at
from tests.conversations.browser import signed_in_page
from tests.conversations.conftest import MakeAgent, MakeConversation

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
URL = "/org/acme/agents"
LONG = "x" * 255
ARABIC = (
    "\u0645\u0643\u062a\u0628 \u0627\u0644\u0627\u0633\u062a\u0642\u0628\u0627\u0644 "
    * 12
)
JAPANESE = "\u53d7\u4ed8\u7a93\u53e3" * 50
WATCH_SHIFTS = """
    window.shifts = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.shifts.push(entry.value);
    }).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture
def admin_page(browser, live_server, dora_client: Client):
    with signed_in_page(browser, live_server.url, dora_client) as page:
        yield page


@pytest.fixture
def agent(make_agent: MakeAgent, make_conversation: MakeConversation) -> Agent:
    agent = make_agent(name="Front desk", external_id="front-desk")
    turns = [{"role": "assistant", "content": "Hi", "metrics": {"e2e_latency": 1.2}}]
    for number in range(40):
        make_conversation(
            agent=agent,
            turns=turns,
            version=f"v{number % 3}",
            ended_reason="user_initiated",
            system_prompt="Be brief.",
            created_at=timezone.now() - timedelta(hours=15 * number),
        )
    return agent


def open_page(page: Page, agent: Agent) -> None:
    page.goto(f"{URL}/{agent.id}")
    wait_for_panels(page)


def wait_for_panels(page: Page) -> None:
    expect(page.locator(".z-waiting")).to_have_count(0)
    waiting = page.get_by_role("link", name="What is usual for it")
    expect(waiting).to_have_count(0)


def test_an_admin_renames_an_agent(admin_page: Page, agent):
    page = admin_page
    page.goto(URL)
    page.get_by_role("link", name="Front desk").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Name").fill("Reception")
    page.get_by_label("Description").fill("Answers\nby day")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Reception")).to_be_visible()
    expect(page.get_by_text("Answers by day")).to_be_visible()


def test_an_admin_merges_a_typo_and_takes_it_back(
    admin_page: Page, agent, make_agent, make_conversation
):
    page = admin_page
    make_agent(name="Billing", external_id="billing")
    typo = make_agent(external_id="frontdesk")
    make_conversation(agent=typo, external_id="RM_typo", created_at=timezone.now())
    page.goto(f"{URL}/{typo.id}")
    page.get_by_role("link", name="Merge").click()
    # The likely one is chosen already.
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("1 conversation moves to Front desk.")).to_be_visible()
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_text("Merged frontdesk into Front desk.")).to_be_visible()
    expect(page.get_by_role("link", name="RM_typo")).to_be_visible()
    assert Conversation.objects.get(external_id="RM_typo").agent == agent
    page.goto(f"{URL}/{typo.id}")
    expect(page.get_by_role("heading", name="Front desk")).to_be_visible()
    page.get_by_role("link", name="Separate").click()
    page.get_by_role("button", name="Separate").click()
    expect(page.get_by_role("heading", name="frontdesk")).to_be_visible()


def test_an_admin_retires_an_agent_and_brings_it_back(admin_page: Page, agent):
    page = admin_page
    page.goto(f"{URL}/{agent.id}")
    page.get_by_role("button", name="Retire").click()
    expect(page.get_by_text("Retired.")).to_be_visible()
    page.get_by_role("link", name="Agents").first.click()
    row = page.get_by_role("link", name="Front desk")
    expect(row).to_be_hidden()
    page.get_by_text("1 retired").click()
    row.click()
    page.get_by_role("button", name="Bring back").click()
    page.goto(URL)
    expect(row).to_be_visible()


def test_one_of_many_agents_is_found(page: Page, make_agent):
    for number in range(30):
        make_agent(name=f"Agent {number:02}", external_id=f"agent-{number:02}")
    page.goto(URL)
    page.get_by_label("Name or external id").fill("t-17")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Show all").click()
    expect(page.locator("tbody tr")).to_have_count(30)


@pytest.mark.parametrize("width", [390, 1000, 1440])
def test_nothing_jumps_while_panels_load(page: Page, agent, width):
    page.set_viewport_size({"width": width, "height": 2600})
    page.add_init_script(WATCH_SHIFTS)
    open_page(page, agent)
    expect(page.get_by_text("How calls end")).to_be_visible()
    assert page.evaluate("window.shifts.reduce((sum, one) => sum + one, 0)") < 0.01


def test_the_days_are_also_a_table_that_leads_to_their_calls(page: Page, agent):
    open_page(page, agent)
    summary = page.get_by_text("The days as a table")
    summary.focus()
    page.keyboard.press("Enter")
    table = page.get_by_role("table", name="Calls by day, newest first")
    expect(table.get_by_role("row")).to_have_count(29)
    table.get_by_role("link").first.click()
    expect(page).to_have_url(
        f"{page.url.split('/org')[0]}/org/acme/conversations?agent={agent.id}"
        f"&from={timezone.now():%Y-%m-%d}&to={timezone.now():%Y-%m-%d}"
    )


def test_without_scripts_each_panel_is_a_page(
    browser, live_server, bob_client: Client, agent
):
    with signed_in_page(
        browser, live_server.url, bob_client, java_script_enabled=False
    ) as page:
        page.goto(f"{URL}/{agent.id}")
        expect(page.get_by_text("Healthy")).to_be_visible()
        for link, shown in (
            ("What is usual for it", "Last session"),
            ("Calls by day and hour", "By weekday and hour"),
            ("Versions and how calls end", "How calls end"),
        ):
            page.goto(f"{URL}/{agent.id}")
            page.get_by_role("link", name=link).click()
            expect(page.get_by_text(shown).first).to_be_visible()


@pytest.fixture
def odd(make_agent, make_conversation) -> list[str]:
    """Addresses of pages on which everything is as long as it may be."""
    addresses = [URL]
    for text in (LONG, ARABIC[:255], JAPANESE[:255]):
        agent = make_agent(name=text, external_id=text, description=text * 7)
        other = make_agent(name=text, external_id=f"{text[:250]}2")
        alias = make_agent(
            external_id=f"{text[:250]}3", merged_into=agent, merged_at=timezone.now()
        )
        make_conversation(
            agent=agent, version=text, ended_reason=text, created_at=timezone.now()
        )
        page = f"{URL}/{agent.id}"
        addresses += [page, f"{page}/edit", f"{page}/merge"]
        addresses += [f"{page}/merge?into={other.id}", f"{URL}/{alias.id}/separate"]
    return addresses


def test_nothing_scrolls_sideways(admin_page: Page, odd):
    page = admin_page
    for address in odd:
        page.goto(address)
        wait_for_panels(page)
        assert too_wide_at(page, (360, 768, 1440)) == [], address


def test_the_rules_of_axe_hold(admin_page: Page, agent, make_agent):
    page = admin_page
    other = make_agent(name="Other", retired_at=timezone.now())
    alias = make_agent(external_id="alias", merged_into=agent, merged_at=timezone.now())
    own = f"{URL}/{agent.id}"
    for address in (
        *(URL, own, f"{own}/activity", f"{own}/versions", f"{own}/connection"),
        *(f"{own}/edit", f"{own}/merge", f"{own}/merge?into={other.id}"),
        *(f"{URL}/{alias.id}/separate", f"{URL}/{other.id}"),
    ):
        page.goto(address)
        wait_for_panels(page)
        for look, found in faults_in_looks(page):
            assert [one["id"] for one in found] == [], (address, look)
