"""What only a browser can tell of expected sessions: what turns by itself, widths,
themes, and the rules of axe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.axe import faults_in_looks, serious
from tests.conversations.browser import browser_beside_django, signed_in_page
from tests.conversations.conftest import MakeAgent, MakeConversation
from tests.integrations.expected_sessions.made import MakeSession, turn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

URL = "/org/acme/agents/expected"
LONG = "x" * 250
SOON = 10_000  # milliseconds


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_beside_django() as browser:
        yield browser


@pytest.fixture
def open_page(
    browser: Browser, live_server: LiveServer, dora_client: Client
) -> Callable[..., Any]:
    """`with open_page(...) as page`: Dora's, with options of a browser context."""
    return lambda **options: signed_in_page(
        browser, live_server.url, dora_client, **options
    )


@pytest.fixture
def page(open_page: Callable[..., Any]) -> Iterator[Page]:
    with open_page() as page:
        yield page


def test_a_missing_one_turns_into_an_arrived_one_by_itself(
    page: Page,
    make_session: MakeSession,
    make_agent: MakeAgent,
    make_conversation: MakeConversation,
) -> None:
    agent = make_agent(name="Front desk")
    now = timezone.now()
    make_session("arrived", agent=agent, at=now)
    lost = make_session("missing", agent=agent, at=now)
    page.goto(URL)
    page.evaluate("window.neverReloaded = true")
    row = page.locator(f"#row-{lost.id}")
    answer = page.locator(".z-expected-answer")
    expect(row).to_contain_text("Missing")
    expect(answer).to_contain_text("1 missing today")

    conversation = make_conversation(agent=agent)
    turn(lost, "arrived", came_late=True, conversation=conversation, arrived_at=now)
    expect(row).to_contain_text("Arrived", timeout=SOON)
    expect(row).to_contain_text("Late")
    expect(answer).to_contain_text("None missing today")
    expect(answer).to_contain_text("2 sessions ended, 2 arrived")
    expect(page.locator(".z-expected-agents tbody tr")).to_contain_text("Front desk")
    assert page.evaluate("window.neverReloaded")
    row.get_by_role("link", name="Arrived").click()
    expect(page.get_by_text("Came late")).to_be_visible()


def test_the_first_one_and_what_runs_appear_by_themselves(
    page: Page, make_session: MakeSession
) -> None:
    page.goto(URL)
    expect(page.get_by_text("No session yet.")).to_be_visible()
    running = make_session("running", at=timezone.now(), agent_name="front-desk")
    live = page.locator(".z-expected-running tbody")
    expect(live).to_contain_text("front-desk", timeout=SOON)
    turn(running, "missing", ended_at=timezone.now())
    expect(page.locator(f"#row-{running.id}")).to_be_visible(timeout=SOON)
    expect(live).to_have_count(0)
    expect(page.locator(".z-expected-answer")).to_contain_text("1 missing today")


@pytest.fixture
def long_texts(make_session: MakeSession, make_agent: MakeAgent) -> None:
    agent = make_agent(name=LONG)
    for state in ("missing", "refused", "running", "arrived", "not_told"):
        make_session(
            state,
            agent=agent,
            job_id=f"AJ_{state}_{LONG}"[:255],
            room_name=LONG,
            room_sid=LONG[:64],
            worker_id=LONG[:64],
            job_error=LONG * 3,
            reason=f"{LONG} {LONG}",
            minutes_ago=1,
        )
    make_session("missing", job_id="", reference="PA_1", minutes_ago=2)


@pytest.mark.parametrize("width", [390, 768, 1440])
@pytest.mark.parametrize("query", ["", "?state=all"])
def test_nothing_scrolls_sideways(
    open_page: Callable[..., Any], long_texts: None, width: int, query: str
) -> None:
    with open_page(viewport={"width": width, "height": 900}) as page:
        page.goto(f"{URL}{query}")
        expect(page.locator(".z-expected tbody tr").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_axe_finds_nothing(page: Page, long_texts: None) -> None:
    page.goto(URL)
    for look, found in faults_in_looks(page):
        assert serious(found) == [], look


def test_without_scripts_it_says_the_same(
    open_page: Callable[..., Any], make_session: MakeSession
) -> None:
    make_session("missing", at=timezone.now() - timedelta(seconds=1))
    with open_page(java_script_enabled=False) as page:
        page.goto(URL)
        expect(page.get_by_text("1 missing today")).to_be_visible()
        expect(page.get_by_text("Live", exact=True)).to_be_hidden()
