"""The pages of issues: what they show, to whom, and what can be done there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditAction, AuditEntry, Organization, User
from alerts.models import Attempt, Issue, IssueChange, IssueKind, Message
from alerts.pages.issue_forms import SnoozeTime, snoozed_until
from conversations.models import Agent
from tests.alerts.pages.conftest import MakeChannel, MakeIssue
from tests.conftest import MakeKey, signed_in

pytestmark = pytest.mark.django_db

PAGE = "/org/acme/alerts"
SCRIPT = "<script>alert(1)</script>"


def content_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, response
    return response.content.decode()


def queries_of(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    return len(captured)


def test_it_says_that_nothing_is_wrong_and_what_is_watched(bob_client: Client) -> None:
    content = content_of(bob_client, PAGE)
    assert "Nothing is wrong" in content
    assert "Nothing has to be set up" in content
    assert "Missing sessions" in content
    assert "Zelto itself" not in content
    assert "there is no channel" in content
    assert 'aria-label="Alerts: no open issue"' in content


def test_it_shows_an_open_issue_with_its_cause(
    bob_client: Client, make_issue: MakeIssue, agent: Agent, make_channel: MakeChannel
) -> None:
    make_channel()
    issue = make_issue(agent=agent)
    content = content_of(bob_client, PAGE)
    assert "Front desk is silent since" in content
    assert "Nothing of it was refused" in content
    assert "1 open issue" in content
    assert f'href="/org/acme/alerts/issues/{issue.pk}"' in content
    assert f'href="/org/acme/agents/{agent.pk}"' in content
    assert "1 channel" in content
    assert 'aria-label="Alerts: 1 open issue"' in content


def test_an_address_with_a_slash_leads_there_too(bob_client: Client) -> None:
    assert "Nothing is wrong" in content_of(bob_client, f"{PAGE}/")


def test_resolved_and_open_ones_are_apart(
    bob_client: Client, make_issue: MakeIssue, agent: Agent
) -> None:
    now = timezone.now()
    since, over = now - timedelta(hours=3), now - timedelta(minutes=55)
    make_issue(agent=agent, since=since, resolved_at=over)
    assert "Nothing is wrong" in content_of(bob_client, PAGE)
    history = content_of(bob_client, f"{PAGE}/history")
    assert "2 h 5 min" in history
    assert "Front desk" in history


def test_the_history_turns_in_pages(bob_client: Client, make_issue: MakeIssue) -> None:
    now = timezone.now()
    for number in range(60):
        make_issue(
            IssueKind.KEY_EXPIRES,
            cause=str(number),
            facts={"key": f"key-{number:02d}"},
            opened_at=now - timedelta(minutes=number),
            resolved_at=now,
        )
    first = content_of(bob_client, f"{PAGE}/history")
    assert "key-49" in first
    assert "key-50" not in first
    older = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = content_of(bob_client, f"{PAGE}/history{older}")
    assert "key-50" in second
    assert "key-49" not in second
    newer = second.split('rel="prev" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "key-00" in content_of(bob_client, f"{PAGE}/history{newer}")


def test_filters_narrow_by_kind_agent_and_state(
    bob_client: Client, make_issue: MakeIssue, agent: Agent
) -> None:
    make_issue(agent=agent, acknowledged_at=timezone.now())
    make_issue(IssueKind.KEY_EXPIRES, facts={"key": "livekit-prod"})
    by_kind = content_of(bob_client, f"{PAGE}?kind=key_expires")
    assert "livekit-prod" in by_kind
    assert "Front desk is silent" not in by_kind
    by_agent = content_of(bob_client, f"{PAGE}?agent={agent.pk}")
    assert "Front desk is silent" in by_agent
    assert "livekit-prod" not in by_agent
    by_state = content_of(bob_client, f"{PAGE}?state=new")
    assert "livekit-prod" in by_state
    assert "Front desk is silent" not in by_state
    none_fits = content_of(bob_client, f"{PAGE}?state=snoozed")
    assert "No open issue fits these filters." in none_fits
    unknown = content_of(bob_client, f"{PAGE}?kind=nonsense&agent=x")
    assert "There is no kind “nonsense”" in unknown
    assert "Front desk is silent" in unknown


def test_a_poll_is_answered_only_where_something_changed(
    bob_client: Client, make_issue: MakeIssue, agent: Agent
) -> None:
    issue = make_issue(agent=agent)
    htmx = {"HX-Request": "true"}
    first = bob_client.get(PAGE, headers=htmx).content.decode()
    assert "<html" not in first
    version = first.split('data-version="')[1].split('"')[0]
    same = bob_client.get(f"{PAGE}?seen={version}", headers=htmx)
    assert same.status_code == 204
    Issue.objects.filter(pk=issue.pk).update(acknowledged_at=timezone.now())
    changed = bob_client.get(f"{PAGE}?seen={version}", headers=htmx)
    assert changed.status_code == 200


def test_acknowledging_says_who_and_is_in_the_audit_log(
    bob: User, bob_client: Client, make_issue: MakeIssue, agent: Agent
) -> None:
    issue = make_issue(agent=agent)
    response = bob_client.post(f"{PAGE}/issues/{issue.pk}/acknowledge")
    assert response.status_code == 302
    assert response["Location"] == f"{PAGE}/issues/{issue.pk}"
    issue.refresh_from_db()
    assert issue.acknowledged_by == bob
    content = content_of(bob_client, PAGE)
    assert "acknowledged by" in content
    assert "Bob Example" in content
    entry = AuditEntry.objects.get()
    assert entry.action == AuditAction.ISSUE_ACKNOWLEDGED
    assert entry.by == bob


def test_buttons_lead_back_to_the_list_that_they_were_on(
    bob_client: Client, make_issue: MakeIssue, agent: Agent
) -> None:
    issue = make_issue(agent=agent)
    response = bob_client.post(
        f"{PAGE}/issues/{issue.pk}/acknowledge",
        headers={"Referer": f"http://testserver{PAGE}?kind=agent_silent"},
    )
    assert response["Location"] == f"{PAGE}?kind=agent_silent"


def test_a_snoozed_issue_rests_and_the_bell_does_not_count_it(
    bob_client: Client, make_issue: MakeIssue, agent: Agent
) -> None:
    issue = make_issue(agent=agent)
    bob_client.post(f"{PAGE}/issues/{issue.pk}/snooze", {"for": "hour"})
    issue.refresh_from_db()
    assert issue.snoozed_until is not None
    assert timedelta(minutes=59) < issue.snoozed_until - timezone.now()
    content = content_of(bob_client, PAGE)
    assert "All snoozed" in content
    assert "snoozed until" in content
    assert 'aria-label="Alerts: no open issue"' in content
    bob_client.post(f"{PAGE}/issues/{issue.pk}/wake")
    assert 'aria-label="Alerts: 1 open issue"' in content_of(bob_client, PAGE)


def test_a_snooze_for_no_time_changes_nothing(
    bob_client: Client, make_issue: MakeIssue, agent: Agent
) -> None:
    issue = make_issue(agent=agent)
    response = bob_client.post(
        f"{PAGE}/issues/{issue.pk}/snooze", {"for": "ever"}, follow=True
    )
    assert "choose one of the times" in response.content.decode()
    issue.refresh_from_db()
    assert issue.snoozed_until is None


def test_what_is_resolved_can_no_longer_be_changed(
    bob_client: Client, make_issue: MakeIssue, agent: Agent
) -> None:
    issue = make_issue(agent=agent, resolved_at=timezone.now())
    for what in ("acknowledge", "snooze", "wake"):
        bob_client.post(f"{PAGE}/issues/{issue.pk}/{what}", {"for": "hour"})
    issue.refresh_from_db()
    assert issue.acknowledged_at is None
    assert issue.snoozed_until is None
    assert not AuditEntry.objects.exists()


def test_until_tomorrow_is_eight_on_the_clock_of_the_organization(
    organization: Organization,
) -> None:
    organization.time_zone = "Asia/Tokyo"
    now = timezone.now()
    until = snoozed_until(SnoozeTime.MORNING, now, organization.zone)
    local = until.astimezone(organization.zone)
    assert (local.hour, local.minute) == (8, 0)
    tomorrow = now.astimezone(organization.zone).date() + timedelta(days=1)
    assert local.date() == tomorrow
    assert snoozed_until(SnoozeTime.WEEK, now, organization.zone) - now == timedelta(7)


def test_an_issue_shows_its_history_and_its_messages(
    alice_client: Client,
    bob_client: Client,
    bob: User,
    make_issue: MakeIssue,
    make_channel: MakeChannel,
    agent: Agent,
    organization: Organization,
) -> None:
    issue = make_issue(agent=agent)
    IssueChange.objects.create(
        issue=issue, organization=organization, kind="opened", since=issue.since
    )
    IssueChange.objects.create(
        issue=issue,
        organization=organization,
        kind="acknowledged",
        since=issue.since,
        by=bob,
    )
    channel = make_channel(name="On call")
    message = Message.objects.create(
        organization=organization,
        channel=channel,
        issue=issue,
        event="issue.opened",
        about="one",
    )
    Attempt.objects.create(
        organization=organization,
        channel=channel,
        message=message,
        number=1,
        was_taken=False,
        status=503,
        reason="It is busy.",
        seconds=0.1,
    )
    content = content_of(alice_client, f"{PAGE}/issues/{issue.pk}")
    for said in ("Acknowledged", "Bob Example", "On call", "503 ", "It is busy."):
        assert said in content
    assert f'href="{PAGE}/channels/{channel.pk}"' in content
    assert "/deliveries?from=" in content
    live = content_of(bob_client, f"{PAGE}/issues/{issue.pk}/status")
    assert "On call" in live
    # Of what is for admins a member sees no link.
    assert "/channels/" not in live
    assert "/deliveries" not in live


def test_the_agents_page_shows_its_issues(
    bob_client: Client, make_issue: MakeIssue, agent: Agent
) -> None:
    panel = f"/org/acme/agents/{agent.pk}/issues"
    assert f'hx-get="{panel}"' in content_of(bob_client, f"/org/acme/agents/{agent.pk}")
    assert "No open issue" in content_of(bob_client, panel)
    make_issue(agent=agent)
    make_issue(
        IssueKind.SESSIONS_REFUSED,
        agent=agent,
        count=3,
        facts={"is_all": True},
        resolved_at=timezone.now(),
    )
    fragment = bob_client.get(panel, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "Front desk is silent since" in fragment
    assert "Past" in fragment
    assert f"{PAGE}/week/{agent.pk}" in fragment


def test_issues_of_the_instance_are_the_owners_alone(
    alice_client: Client, dora_client: Client, bob_client: Client, make_issue: MakeIssue
) -> None:
    issue = make_issue(IssueKind.WORKER_AWAY)
    over = make_issue(
        IssueKind.MEDIA_AWAY, resolved_at=timezone.now(), facts={"what": "here"}
    )
    assert "No worker runs" in content_of(alice_client, PAGE)
    assert 'aria-label="Alerts: 1 open issue"' in content_of(alice_client, PAGE)
    for client in (dora_client, bob_client):
        content = content_of(client, PAGE)
        assert "No worker runs" not in content
        assert 'aria-label="Alerts: no open issue"' in content
        assert "media worker" not in content_of(client, f"{PAGE}/history")
        for one in (issue, over):
            page = f"{PAGE}/issues/{one.pk}"
            assert client.get(page).status_code == 404
            assert client.get(f"{page}/status").status_code == 404
            assert client.post(f"{page}/acknowledge").status_code == 404


def test_the_owner_of_another_organization_sees_no_issue(
    charlie_client: Client, make_issue: MakeIssue, agent: Agent
) -> None:
    issue = make_issue(agent=agent)
    for path in ("", "/history", f"/issues/{issue.pk}", f"/issues/{issue.pk}/status"):
        assert charlie_client.get(f"{PAGE}{path}").status_code == 404
        own = f"/org/globex/alerts{path}"
        content = charlie_client.get(own).content.decode()
        assert "Front desk" not in content
    assert 'aria-label="Alerts: no open issue"' in content_of(
        charlie_client, "/org/globex/alerts"
    )


@pytest.mark.parametrize("what", ["acknowledge", "snooze", "wake"])
def test_changes_are_posts_with_a_token_of_the_page(
    bob: User, make_issue: MakeIssue, agent: Agent, what: str
) -> None:
    issue = make_issue(agent=agent)
    path = f"{PAGE}/issues/{issue.pk}/{what}"
    assert signed_in(bob).get(path).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(bob)
    assert strict.post(path, {"for": "hour"}).status_code == 403
    issue.refresh_from_db()
    assert issue.acknowledged_at is None
    assert issue.snoozed_until is None


@pytest.mark.parametrize("path", ["", "/history"])
def test_pages_are_not_posted_to(bob_client: Client, path: str) -> None:
    assert bob_client.post(f"{PAGE}{path}").status_code == 405


def test_names_are_never_read_as_markup(
    alice_client: Client,
    organization: Organization,
    make_issue: MakeIssue,
    make_key: MakeKey,
) -> None:
    key, _ = make_key(organization, name=SCRIPT)
    agent = Agent.objects.create(
        organization=organization, provider="livekit", external_id="x", name=SCRIPT
    )
    issue = make_issue(
        IssueKind.SESSIONS_REFUSED,
        agent=agent,
        key=key,
        count=2,
        facts={"is_all": True, "key": SCRIPT},
    )
    make_issue(agent=agent, resolved_at=timezone.now())
    for path in ("", "/history", f"/issues/{issue.pk}"):
        assert SCRIPT not in content_of(alice_client, f"{PAGE}{path}")
    assert SCRIPT not in content_of(alice_client, f"/org/acme/agents/{agent.pk}/issues")


def test_fifty_issues_cost_no_more_queries_than_five(
    bob_client: Client, make_issue: MakeIssue, agent: Agent
) -> None:
    for number in range(5):
        make_issue(agent=agent, cause=str(number))
    bob_client.get(PAGE)
    few = queries_of(bob_client, PAGE)
    for number in range(5, 50):
        make_issue(agent=agent, cause=str(number))
    assert queries_of(bob_client, PAGE) == few


def test_the_bell_costs_no_query(
    bob: User, bob_client: Client, make_issue: MakeIssue, agent: Agent
) -> None:
    page = "/org/acme/settings/members"
    bob_client.get(page)
    without = queries_of(bob_client, page)
    make_issue(agent=agent)
    assert queries_of(bob_client, page) == without
    assert 'aria-label="Alerts: 1 open issue"' in content_of(bob_client, page)


def test_an_owner_of_the_first_organization_reads_that_zelto_is_watched(
    alice_client: Client,
) -> None:
    assert "Zelto itself" in content_of(alice_client, PAGE)
