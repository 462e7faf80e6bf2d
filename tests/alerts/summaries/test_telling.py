"""Summaries by mail: on Mondays, once, of the right week."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.core import mail
from pytest_django import DjangoAssertNumQueries

from accounts.models import Organization, User
from alerts.channels.registry import check, set_config
from alerts.messages.sending import send_due
from alerts.models import Channel, Issue, Message
from alerts.summaries.telling import due_monday, tell_of_weeks
from integrations.models import Delivery
from tests.conversations.conftest import (
    MakeAgent,
    MakeConversation,
    make_agent,
    make_conversation,
)
from tests.integrations.expected_sessions.made import (
    MakeSession,
    livekit_project,
    make_session,
)

__all__ = ["livekit_project", "make_agent", "make_conversation", "make_session"]

pytestmark = pytest.mark.django_db(transaction=True)
MakeMail = Callable[..., Channel]
MONDAY = date(2026, 11, 30)
# In UTC, which is the organization's zone unless it is said.
EIGHT = datetime(2026, 11, 30, 8, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def make_mail(organization: Organization) -> MakeMail:
    """Return `make_mail(...)`: a channel by mail that wants summaries."""
    numbers = count(1)

    def make(**fields: Any) -> Channel:
        fields.setdefault("organization", organization)
        fields.setdefault("sends_summary", True)
        fields.setdefault("name", f"Mail {next(numbers)}")
        channel = Channel(kind=Channel.Kind.EMAIL, **fields)
        set_config(channel, check("email", {"people": "owners"}))
        channel.save()
        return channel

    return make


@pytest.mark.parametrize(
    ("zone", "moment", "due"),
    [
        ("UTC", "2026-11-30T07:59:59Z", False),
        ("UTC", "2026-11-30T08:00:00Z", True),
        ("UTC", "2026-12-01T23:59:59Z", True),
        ("UTC", "2026-12-02T00:00:00Z", False),
        ("UTC", "2026-12-06T12:00:00Z", False),
        ("Europe/Berlin", "2026-11-30T07:00:00Z", True),
        ("Europe/Berlin", "2026-11-30T06:59:00Z", False),
        ("Pacific/Auckland", "2026-11-29T19:00:00Z", True),
        ("America/Los_Angeles", "2026-11-30T15:59:00Z", False),
        ("America/Los_Angeles", "2026-12-02T07:59:00Z", True),
        # Clocks are set back in the night before.
        ("Europe/Berlin", "2026-10-26T07:00:00Z", True),
        ("Europe/Berlin", "2026-10-26T06:30:00Z", False),
    ],
)
def test_it_is_due_on_mondays_from_eight_until_tuesday_ends(
    organization: Organization, zone: str, moment: str, due: bool
) -> None:
    organization.time_zone = zone
    found = due_monday(datetime.fromisoformat(moment), organization)
    assert (found is not None) is due
    if found:
        assert found.weekday() == 0


def test_it_says_what_the_week_was_like(
    make_mail: MakeMail,
    make_agent: MakeAgent,
    make_conversation: MakeConversation,
    make_session: MakeSession,
    organization: Organization,
    alice: User,
) -> None:
    make_mail()
    agent = make_agent(name="Front desk")
    for at, times in ((EIGHT - DAY, 8), (EIGHT - 8 * DAY, 4), (EIGHT, 50)):
        for _ in range(times):
            make_conversation(agent=agent, created_at=at)
    make_conversation(agent=agent, created_at=EIGHT - DAY, is_test=True)
    # The first and the last moment of the week, and those beside it.
    for hours, inside in ((-8, True), (-8 - 168, True), (-7.9, False)):
        at = EIGHT + timedelta(hours=hours)
        row = make_session(
            "missing", at=at - timedelta(seconds=1 if hours == -8 else 0)
        )
        assert row.expected_at < EIGHT or not inside
    refused = {"organization": organization, "provider": "livekit", "status": 422}
    Delivery.objects.create(
        **refused, outcome="rejected", received_at=EIGHT - DAY, count=7
    )
    issue = {"organization": organization, "kind": "agent_silent"}
    Issue.objects.create(
        **issue,
        cause="a",
        agent=agent,
        since=EIGHT - 3 * DAY,
        opened_at=EIGHT - 3 * DAY,
        resolved_at=EIGHT - 3 * DAY + timedelta(hours=2),
        facts={"agent": "Front desk"},
    )
    Issue.objects.create(
        **issue | {"kind": "disk_full"},
        since=EIGHT - DAY,
        opened_at=EIGHT - DAY,
        seen_at=EIGHT,
    )
    Issue.objects.create(
        **issue,
        cause="b",
        since=EIGHT - 20 * DAY,
        opened_at=EIGHT - 20 * DAY,
        seen_at=EIGHT,
        facts={"agent": "Night desk"},
    )
    assert tell_of_weeks(EIGHT) == 1
    assert not send_due(lambda: False)
    (sent,) = mail.outbox
    assert sent.to == [alice.email]
    assert "8 sessions, 100 % more than the week before" in sent.subject
    body = str(sent.body)
    assert "23 to 29 November 2026, in the time zone UTC." in body
    assert "Sessions: 8 (the week before: 4)." in body
    assert "Missing: 2 (the week before: 0)." in body
    assert "Posts refused: 7 (the week before: 0)." in body
    assert "- Front desk: 8 (the week before: 4)" in body
    assert "1 alert opened:\n- Front desk is silent since 08:00" in body
    assert "(over after 2 h)" in body
    assert "Silent now:\n- Night desk is silent since 10 Nov 08:00" in body
    assert "disk" not in body.lower()
    assert f"/org/{organization.slug}/" in body


def test_it_is_told_once_a_channel_and_week(
    make_mail: MakeMail, make_conversation: MakeConversation
) -> None:
    make_mail()
    make_conversation(created_at=EIGHT - DAY)
    assert tell_of_weeks(EIGHT) == 1
    later = make_mail()
    assert tell_of_weeks(EIGHT + timedelta(hours=1)) == 1
    assert tell_of_weeks(EIGHT + timedelta(hours=2)) == 0
    assert Message.objects.filter(channel=later).count() == 1
    assert tell_of_weeks(EIGHT + 7 * DAY) == 2


def test_other_channels_get_none(
    make_mail: MakeMail, make_conversation: MakeConversation, organization: Organization
) -> None:
    make_mail(sends_summary=False)
    make_mail(disabled_at=EIGHT)
    Channel.objects.create(
        organization=organization, kind="slack", name="Slack", sends_summary=True
    )
    make_conversation(created_at=EIGHT - DAY)
    assert tell_of_weeks(EIGHT) == 0


def test_nothing_in_two_weeks_is_no_mail(
    make_mail: MakeMail, make_conversation: MakeConversation
) -> None:
    make_mail()
    make_conversation(created_at=EIGHT - 15 * DAY)
    assert tell_of_weeks(EIGHT) == 0


def test_it_counts_nobody_elses(
    make_mail: MakeMail,
    make_conversation: MakeConversation,
    other_organization: Organization,
    charlie: User,
) -> None:
    make_mail(organization=other_organization)
    make_conversation(created_at=EIGHT - DAY)
    assert tell_of_weeks(EIGHT) == 0


def test_it_costs_one_query_where_nobody_wants_it(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        tell_of_weeks(EIGHT)
