"""Many issues at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organization, User
from alerts.messages.events import OPENED, RESOLVED, STORM
from alerts.messages.routing import route
from alerts.models import Channel, Issue, IssueChange, IssueKind, Message, Rule
from tests.alerts.messages.conftest import (
    Change,
    MakeChannel,
    Step,
    save_change,
    send_all,
    texts,
)
from tests.alerts.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)
MakeIssue = Callable[..., Issue]
CountQueries = Callable[[int], Any]


def many(
    organization: Organization, count: int, since: int = 0
) -> tuple[list[Issue], list[IssueChange]]:
    """Return issues that were just opened, of so many agents, and those changes."""
    now = timezone.now()
    issues = Issue.objects.bulk_create(
        Issue(
            organization=organization,
            kind=IssueKind.AGENT_SILENT,
            cause=f"agent {number}",
            since=now - timedelta(minutes=5),
            facts={"agent": f"agent {number}"},
        )
        for number in range(since, since + count)
    )
    return issues, steps(issues, Step.OPENED)


def steps(issues: list[Issue], step: str) -> list[IssueChange]:
    now = timezone.now()
    if step == Step.RESOLVED:
        Issue.objects.filter(pk__in=[one.pk for one in issues]).update(resolved_at=now)
        for one in issues:
            one.resolved_at = now
    return IssueChange.objects.bulk_create(
        IssueChange(
            issue=one,
            organization_id=one.organization_id,
            kind=step,
            since=one.since,
            facts=one.facts,
            created_at=now,
        )
        for one in issues
    )


def told(channel: Channel) -> list[str]:
    return list(
        Message.objects.filter(channel=channel)
        .order_by("pk")
        .values_list("event", flat=True)
    )


def test_ten_thousand_agents_that_fall_silent_are_one_message_to_a_channel(
    channel: MakeChannel,
    organization: Organization,
    receiver: Receiver,
    django_assert_max_num_queries: CountQueries,
) -> None:
    kinds = ("slack", "discord", "webhook", "pagerduty")
    channels = [channel(kind) for kind in kinds]
    issues, changes = many(organization, 10_000)
    begin = time.monotonic()
    with django_assert_max_num_queries(20):
        assert route(changes) == 4
    assert time.monotonic() - begin < 10
    assert all(told(one) == [STORM] for one in channels)
    assert all(len(str(one.content)) < 20_000 for one in Message.objects.all())
    send_all()
    assert len(receiver.posts) == 4
    assert texts(receiver) == ["🔴 10,000 alerts at once"]
    (hook,) = (post.json for post in receiver.posts if post.path == "/webhook")
    assert hook["type"] == "issues.storm"
    assert hook["data"]["kinds"] == {"agent_silent": 10_000}
    assert len(hook["data"]["issueIds"]) == 100
    with django_assert_max_num_queries(30):
        route(steps(issues, Step.RESOLVED))
    assert told(channels[0]) == [STORM, STORM]
    assert told(channels[3]) == [STORM, STORM]


def test_five_are_told_one_by_one_and_six_as_one(
    channel: MakeChannel, organization: Organization
) -> None:
    to = channel()
    route(many(organization, 5)[1])
    assert told(to) == [OPENED] * 5
    other = channel("discord")
    route(many(organization, 6, since=5)[1])
    assert told(other) == [STORM]


def test_more_than_ten_within_ten_minutes_become_one_that_grows_until_it_is_sent(
    channel: MakeChannel, change: Change, issue: MakeIssue, receiver: Receiver
) -> None:
    to = channel()
    for number in range(25):
        change(issue(f"agent {number}"))
    assert told(to) == [OPENED] * 10 + [STORM]
    assert Message.objects.get(event=STORM).content["opened"] == 15
    for _ in range(3):
        send_all()
    assert texts(receiver)[-1] == "🔴 15 alerts at once"
    change(issue("late"))
    send_all()
    assert len(receiver.posts) == 11
    newest = Message.objects.latest("pk")
    assert newest.held_until is not None
    assert newest.held_until > timezone.now() + timedelta(minutes=9)


def test_the_end_of_a_storm_closes_its_incident_once_nothing_is_left(
    channel: MakeChannel, organization: Organization, receiver: Receiver
) -> None:
    to = channel("pagerduty")
    issues, changes = many(organization, 8)
    route(changes)
    route(steps(issues[:6], Step.RESOLVED))
    assert told(to) == [STORM]
    route(steps(issues[6:], Step.RESOLVED))
    assert told(to) == [STORM, STORM]
    for _ in range(2):
        send_all()
    begin, end = (post.json for post in receiver.posts)
    assert (begin["event_action"], end["event_action"]) == ("trigger", "resolve")
    assert begin["dedup_key"] == end["dedup_key"] == f"storm-{to.pk}"


def test_an_incident_of_its_own_is_closed_in_the_midst_of_a_storm(
    channel: MakeChannel, organization: Organization
) -> None:
    to = channel("pagerduty")
    alone, changes = many(organization, 3)
    route(changes)
    route(many(organization, 9, since=3)[1])
    route(steps(alone, Step.RESOLVED))
    assert told(to) == [OPENED] * 3 + [STORM] + [RESOLVED] * 3


def test_a_few_that_end_are_told_one_by_one(
    channel: MakeChannel, organization: Organization
) -> None:
    to = channel()
    issues, changes = many(organization, 8)
    route(changes)
    late, _ = many(organization, 1, since=8)
    route(steps(issues[:2], Step.RESOLVED))
    route(steps(late, Step.RESOLVED))  # whose beginning nobody was told
    assert told(to) == [STORM, RESOLVED, RESOLVED]


def test_in_quiet_hours_a_storm_waits_and_is_not_told_where_it_is_over(
    channel: MakeChannel, organization: Organization, receiver: Receiver
) -> None:
    days = list(range(7))
    days.remove((timezone.now() + timedelta(days=1)).weekday())
    Rule.objects.create(organization=organization, days_off=days)
    channel()
    issues, changes = many(organization, 9)
    route(changes)
    route(steps(issues, Step.RESOLVED))
    assert Message.objects.get().held_until is not None
    Message.objects.update(held_until=timezone.now(), next_try_at=None)
    send_all()
    assert not receiver.posts


def test_a_storm_by_mail_is_a_digest(
    channel: MakeChannel, organization: Organization, alice: User, mailoutbox: Any
) -> None:
    channel("email")
    route(many(organization, 12)[1])
    send_all()
    (sent,) = mailoutbox
    assert sent.subject == "Alert: 12 alerts at once"
    assert "Agent silent: 12" in sent.body
    assert sent.body.count("is silent since") == 10
    assert "And 2 more." in sent.body
    assert "/org/acme/alerts" in sent.body


def test_one_round_of_two_organizations_is_a_storm_of_neither(
    channel: MakeChannel,
    organization: Organization,
    other_organization: Organization,
) -> None:
    one, other = channel(), channel(organization=other_organization)
    route(many(organization, 4)[1] + many(other_organization, 4)[1])
    assert told(one) == told(other) == [OPENED] * 4


def test_a_change_that_is_routed_alone_is_no_storm(
    channel: MakeChannel, issue: MakeIssue
) -> None:
    to = channel()
    route([save_change(issue())])
    assert told(to) == [OPENED]
