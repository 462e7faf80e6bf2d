"""What only a browser can tell of alerts: a channel that is added and tested, issues that
are acknowledged and snoozed, what turns by itself, and the rules of axe."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Organization
from alerts.channels.registry import config_of
from alerts.messages import sending
from alerts.models import Channel, Issue, IssueKind, Rule
from conversations.models import Agent
from tests.alerts.pages.conftest import MakeChannel, MakeIssue
from tests.alerts.receiver import Receiver, Reply
from tests.browser.axe import faults_in_looks
from tests.conversations.browser import browser_beside_django, signed_in_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

URL = "/org/acme/alerts"
LONG = "x" * 250
SOON = 15_000  # milliseconds


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


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """Return a server on loopback that the operator allows."""
    settings.ALERT_ALLOW = ["127.0.0.1/32"]
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def sender() -> Iterator[None]:
    """Send messages, as the worker does, until the end of the test."""
    stop = threading.Event()

    def work() -> None:
        try:
            while not stop.wait(0.05):
                sending.send_due(stop.is_set)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.mark.usefixtures("sender")
def test_a_webhook_is_added_and_its_test_answered_on_the_page(
    page: Page, receiver: Receiver
) -> None:
    page.goto(f"{URL}/channels")
    page.get_by_role("link", name="Webhook").click()
    page.get_by_label("Name").fill("Our program")
    page.get_by_label("Address").fill(f"{receiver.url}/zelto/a-path-that-is-a-secret")
    page.get_by_role("button", name="Add channel").click()
    secret = page.locator("#made-secret")
    expect(secret).to_contain_text("whsec_")
    channel = Channel.objects.get()
    assert secret.inner_text() == (config_of(channel) or {})["secret"]

    receiver.answers(Reply(503, b"not today"), Reply(200, b"thank you"))
    page.get_by_role("button", name="Send a test").click()
    result = page.locator("#test-result")
    expect(result).to_contain_text("Test not taken", timeout=SOON)
    expect(result).to_contain_text("503")
    assert receiver.posts[0].json["type"] == "test"
    assert "webhook-signature" in receiver.posts[0].headers
    assert "whsec_" not in page.content()

    page.get_by_role("button", name="Send a test").click()
    expect(result).to_contain_text("Test taken", timeout=SOON)
    expect(result).to_contain_text("thank you")
    expect(page.locator("#log tbody tr")).to_have_count(2)
    expect(page.locator(".z-lead")).to_contain_text("Works")


def test_an_issue_is_acknowledged_and_snoozed_where_it_is_listed(
    page: Page, make_issue: MakeIssue, agent: Agent
) -> None:
    issue = make_issue(agent=agent)
    page.goto(URL)
    row = page.locator(f"#row-{issue.pk}")
    bell = page.locator(".z-bell")
    expect(bell).to_have_accessible_name("Alerts: 1 open issue")
    row.get_by_role("button", name="Acknowledge").click()
    expect(row).to_contain_text("acknowledged by Dora Example")
    expect(row.get_by_role("button", name="Acknowledge")).to_have_count(0)
    row.locator("summary").press("Enter")
    row.get_by_role("button", name="For an hour").press("Enter")
    expect(row).to_contain_text("Snoozed")
    expect(bell).to_have_accessible_name("Alerts: no open issue")
    issue.refresh_from_db()
    assert issue.is_snoozed(timezone.now())
    row.get_by_role("button", name="End the snooze").click()
    expect(bell).to_have_accessible_name("Alerts: 1 open issue")


def test_issues_appear_and_are_over_by_themselves(
    page: Page, make_issue: MakeIssue, agent: Agent
) -> None:
    page.goto(URL)
    page.evaluate("window.neverReloaded = true")
    expect(page.get_by_text("Nothing is wrong")).to_be_visible()
    issue = make_issue(agent=agent)
    row = page.locator(f"#row-{issue.pk}")
    expect(row).to_contain_text("Front desk is silent", timeout=SOON)
    Issue.objects.update(resolved_at=timezone.now())
    expect(page.get_by_text("Nothing is wrong")).to_be_visible(timeout=SOON)
    assert page.evaluate("window.neverReloaded")


def test_the_page_of_an_issue_says_by_itself_that_it_is_over(
    page: Page, make_issue: MakeIssue, agent: Agent
) -> None:
    issue = make_issue(agent=agent)
    page.goto(f"{URL}/issues/{issue.pk}")
    page.evaluate("window.neverReloaded = true")
    expect(page.locator("#issue-state")).to_contain_text("Open")
    Issue.objects.update(resolved_at=timezone.now())
    state = page.locator("#issue-state")
    expect(state).to_contain_text("Resolved", timeout=SOON)
    expect(state).to_contain_text("What was wrong")
    assert page.evaluate("window.neverReloaded")


@pytest.fixture
def long_ones(
    organization: Organization, make_issue: MakeIssue, make_channel: MakeChannel
) -> list[str]:
    """Return the pages, with names as long as they may be."""
    agent = Agent.objects.create(
        organization=organization, provider="livekit", external_id="x", name=LONG
    )
    refusal = {"status": 422, "count": 99, "field": LONG, "key": LONG}
    issue = make_issue(
        IssueKind.SESSIONS_REFUSED,
        agent=agent,
        count=12_345,
        facts={"is_all": True, "refusals": [refusal]},
    )
    over = make_issue(agent=agent, resolved_at=timezone.now())
    channel = make_channel(
        name=LONG,
        disabled_at=timezone.now() - timedelta(days=1),
        disabled_reason=LONG * 3,
    )
    rule = Rule.objects.create(organization=organization, agent=agent, days_off=[5, 6])
    return [
        *("", "/history", f"/issues/{issue.pk}", f"/issues/{over.pk}", "/channels"),
        *(f"/channels/{channel.pk}", "/channels/new?kind=ntfy", "/rules"),
        *(f"/rules/{rule.pk}", f"/week/{agent.pk}"),
    ]


def test_every_page_fits_and_keeps_the_rules_of_axe(
    open_page: Callable[..., Any], long_ones: list[str]
) -> None:
    broken: list[Any] = []
    for options in ({}, {"viewport": {"width": 390, "height": 800}}):
        with open_page(**options) as page:
            for path in long_ones:
                page.goto(f"{URL}{path}")
                width = page.evaluate("document.documentElement.scrollWidth")
                if width > page.evaluate("window.innerWidth"):
                    broken.append((path, width))
                if options:
                    continue
                looks = [(1200, "light"), (1200, "dark"), (390, "light")]
                for look, found in faults_in_looks(page, looks):
                    broken += [
                        (path, look, one["id"], one["nodes"][0]["html"])
                        for one in found
                    ]
    assert not broken
