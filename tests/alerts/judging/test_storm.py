"""Ten thousand agents that are silent at once."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts.judging.looks import CAUSES
from alerts.judging.round import take_look
from alerts.models import Issue, IssueChange, Progress
from conversations.models import Agent, ArrivalHistory, Conversation

SILENCE = next(one for one in CAUSES if one.name == "silence")
AGENTS = 10_000
MAX_QUERIES = 60
# Of CPU, also where every query is kept for the test.
MAX_SECONDS = 30.0
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ten_thousand(organization, now):
    make_silent(organization, now, AGENTS)


def make_silent(organization, now, count):
    """Make so many agents that were heard two hours ago, and usually are every 6 min."""
    agents = Agent.objects.bulk_create(
        Agent(organization=organization, provider="livekit", external_id=f"agent-{n}")
        for n in range(count)
    )
    Conversation.objects.bulk_create(
        Conversation(
            organization=organization,
            agent=agent,
            provider="livekit",
            external_id=f"session-{place}",
            created_at=now - 120 * MINUTE,
            applied_through=1,
        )
        for place, agent in enumerate(agents)
    )
    ArrivalHistory.objects.bulk_create(
        ArrivalHistory(
            organization=organization,
            agent=agent,
            first_hour=now - timedelta(weeks=8),
            counts=[],
            learnt_until=now,
            learnt_at=now,
            rates=[10.0] * 168,
            weeks=8.0,
            day_shape=20.0,
            level_count=100.0,
            threshold=1.0,
            overnight=1.0,
            counted_at=now,
            look_at=now - MINUTE,
        )
        for agent in agents
    )


@pytest.fixture
def now():
    return timezone.now()


def timed(at):
    """Take a look; return what changed, how many queries and how many seconds of CPU."""
    Progress.objects.all().delete()
    began = time.process_time()
    with CaptureQueriesContext(connection) as queries:
        changes = take_look(SILENCE, at)
    seconds = time.process_time() - began
    return changes, len(queries), seconds


def test_the_agents_of_one_organization_are_one_issue(organization, now):
    make_silent(organization, now, 500)
    changes, queries, seconds = timed(now)
    assert [one.issue.kind for one in changes] == ["all_silent"]
    assert queries < MAX_QUERIES
    assert seconds < MAX_SECONDS


def test_each_of_ten_thousand_is_opened_and_resolved_in_a_few_queries(
    ten_thousand, now, monkeypatch
):
    monkeypatch.setattr(
        "alerts.causes.silence.organization_quiet", lambda judgements, now: False
    )
    changes, queries, seconds = timed(now)
    assert len(changes) == IssueChange.objects.count() == AGENTS
    assert queries < MAX_QUERIES
    assert seconds < MAX_SECONDS
    # Nothing new: nothing is written.
    changes, queries, seconds = timed(now + MINUTE)
    assert changes == []
    assert queries < MAX_QUERIES
    Conversation.objects.update(created_at=now + 2 * MINUTE)
    changes, queries, seconds = timed(now + 3 * MINUTE)
    assert len(changes) == AGENTS
    assert not Issue.objects.open().exists()
    assert queries < MAX_QUERIES
    assert seconds < MAX_SECONDS
