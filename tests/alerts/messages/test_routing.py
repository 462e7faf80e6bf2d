"""Which channels are told of which changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import Organization, User
from alerts.messages.routing import route
from alerts.models import Channel, Issue, IssueKind, Message, Rule
from tests.alerts.messages.conftest import Change, MakeChannel, Step, save_change

pytestmark = pytest.mark.django_db
MakeIssue = Callable[..., Issue]


def told(channel: Channel) -> list[str]:
    """Return the events of the messages to a channel, in order."""
    messages = Message.objects.filter(channel=channel).order_by("pk")
    return list(messages.values_list("event", flat=True))


def test_each_channel_is_told_once(
    channel: MakeChannel, issue: MakeIssue, message_wakeups: list[None]
) -> None:
    one, two = channel("slack"), channel("webhook")
    made = save_change(issue())
    assert route([made]) == 2
    assert route([made]) == 0
    assert told(one) == told(two) == ["issue.opened"]


def test_a_channel_of_others_is_told_nothing(
    channel: MakeChannel,
    change: Change,
    issue: MakeIssue,
    other_organization: Organization,
) -> None:
    other = channel(organization=other_organization)
    change(issue())
    assert told(other) == []


def test_a_channel_that_is_off_is_told_nothing(
    channel: MakeChannel, change: Change, issue: MakeIssue
) -> None:
    off = channel(disabled_at=timezone.now())
    silent = channel("discord", sends_issues=False)
    change(issue())
    assert told(off) == told(silent) == []


def test_a_channel_is_told_of_its_kinds_and_agents(
    channel: MakeChannel, change: Change, issue: MakeIssue
) -> None:
    refused = channel("slack", kinds=[IssueKind.SESSIONS_REFUSED])
    of_agent = channel("discord", agents=[uuid4()])
    change(issue())
    assert told(refused) == told(of_agent) == []
    change(issue(kind=IssueKind.SESSIONS_REFUSED))
    assert told(refused) == ["issue.opened"]
    change(issue(kind=IssueKind.ALL_SILENT, cause=""))
    assert told(of_agent) == ["issue.opened"]


def test_only_who_was_told_of_the_beginning_is_told_of_the_end(
    channel: MakeChannel, change: Change, issue: MakeIssue
) -> None:
    first = channel("slack")
    one = issue()
    change(one)
    late = channel("discord")
    change(one, Step.RESOLVED)
    assert told(first) == ["issue.opened", "issue.resolved"]
    assert told(late) == []


def test_an_acknowledgement_goes_to_incidents_alone_and_a_snooze_to_nobody(
    channel: MakeChannel, change: Change, issue: MakeIssue
) -> None:
    chat, incidents = channel("slack"), channel("pagerduty")
    one = issue()
    change(one)
    change(one, Step.ACKNOWLEDGED)
    change(one, Step.SNOOZED)
    assert told(chat) == ["issue.opened"]
    assert told(incidents) == ["issue.opened", "issue.acknowledged"]


def test_an_issue_that_still_is_there_after_its_snooze_is_told_again(
    channel: MakeChannel, change: Change, issue: MakeIssue
) -> None:
    chat = channel()
    one = issue()
    change(one)
    change(one, Step.SNOOZED)
    change(one, Step.WOKEN)
    assert told(chat) == ["issue.opened", "issue.opened"]


def test_an_issue_of_the_instance_goes_to_one_mail_channel_alone(
    channel: MakeChannel, change: Change, issue: MakeIssue, alice: User
) -> None:
    chat, mail, other = channel("slack"), channel("email"), channel("email", "b")
    change(issue(kind=IssueKind.DISK_FULL, cause=""))
    assert told(mail) == ["issue.opened"]
    assert told(chat) == told(other) == []


def test_messages_wait_until_quiet_hours_are_over(
    channel: MakeChannel, change: Change, issue: MakeIssue, organization: Organization
) -> None:
    today = timezone.now().weekday()
    Rule.objects.create(organization=organization, days_off=[today])
    channel()
    change(issue())
    message = Message.objects.get()
    assert message.held_until is not None
    assert message.held_until > timezone.now()
    assert message.held_until < timezone.now() + timedelta(hours=25)
    assert Message.claim_next() is None


def test_it_asks_the_database_the_same_for_one_and_for_hundreds(
    channel: MakeChannel,
    issue: MakeIssue,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    channel("slack"), channel("webhook")
    changes = [save_change(issue(f"{n}")) for n in range(5)]
    with django_assert_max_num_queries(6):
        route(changes)
    many = [save_change(issue(f"many {n}")) for n in range(300)]
    with django_assert_max_num_queries(12):
        route(many)


def test_a_message_holds_no_secret(
    channel: MakeChannel, change: Change, issue: MakeIssue
) -> None:
    hook = channel("webhook")
    change(issue())
    assert "whsec" not in str(Message.objects.get(channel=hook).content)
