"""The states of agents are those of their list, whatever the log and the clock say."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Organization
from conversations.agents.status import AgentStatus, rows_of
from conversations.models import Agent, ArrivalHistory
from home import agents as home_agents
from home.agents import agents_now
from home.sentence import AgentCounts
from integrations.models import Delivery
from tests.conftest import MakeKey
from tests.conversations.conftest import MakeAgent, MakeConversation

Status = AgentStatus


def of_the_list(organization: Organization, now: datetime) -> AgentCounts:
    """Return the counts as the list of agents would have them."""
    agents = Agent.objects.in_organization(organization).not_merged()
    rows = rows_of(list(agents), now, organization.zone)
    count = Counter(row.status for row in rows)
    return AgentCounts(
        active=count[Status.ACTIVE],
        failed=count[Status.FAILED],
        refused=count[Status.REFUSED],
        silent=count[Status.QUIET],
        resting=count[Status.IDLE] + count[Status.DORMANT] + count[Status.NEW],
        retired=count[Status.RETIRED],
        sending=sum(row.called_since_retired for row in rows),
    )


@pytest.fixture
def learnt(make_agent: MakeAgent, make_conversation: MakeConversation) -> Any:
    """Return `learnt(minutes_ago, ...)`: an agent of whom six sessions an hour are usual,
    and the last came then.
    """

    def make(minutes_ago: float, **fields: Any) -> Agent:
        agent = make_agent(**fields)
        now = timezone.now()
        make_conversation(agent=agent, created_at=now - timedelta(minutes=minutes_ago))
        whole = now.replace(minute=0, second=0, microsecond=0)
        ArrivalHistory.objects.create(
            organization=agent.organization,
            agent=agent,
            first_hour=whole - timedelta(weeks=8),
            counts=[6] * 8 * 168,
            learnt_until=whole,
            counted_at=now,
            learnt_at=now,
            rates=[6.0] * 168,
            weeks=8,
            day_shape=20,
            level_count=200,
            threshold=9,
        )
        return agent

    return make


@pytest.fixture
def deliver(organization: Organization, make_key: MakeKey) -> Any:
    keys: dict[str, Any] = {}

    def made(
        outcome: str, reference: str = "", key: str = "", **fields: Any
    ) -> Delivery:
        if key and key not in keys:
            keys[key], _ = make_key(organization, name=key)
        values = {
            "organization": organization,
            "key": keys.get(key),
            "provider": "livekit",
            "agent_reference": reference,
            "external_id": f"RM_{timezone.now().timestamp()}",
            "status": 200 if outcome in {"accepted", "processed"} else 422,
            "outcome": outcome,
            "reason": "turns[3].role is no role" if outcome == "rejected" else "",
            "body": b"{}",
            "size": 2,
        }
        return Delivery.objects.create(**values | fields)

    return made


def processed(deliver: Any, agent: Agent, key: str) -> None:
    """Have the log know with which key the last session of an agent came."""
    last = agent.conversations.newest_first().first()
    assert last
    deliver(
        "processed",
        agent.external_id,
        key,
        external_id=last.external_id,
        received_at=last.created_at,
    )


def test_one_that_is_silent_is(organization: Organization, learnt: Any) -> None:
    learnt(2, name="Busy")
    quiet = learnt(600, name="Quiet")
    now = timezone.now()
    found = agents_now(organization, now)
    assert (
        found.counts
        == AgentCounts(active=1, silent=1)
        == of_the_list(organization, now)
    )
    assert [(one.id, one.word) for one in found.in_need] == [(quiet.id, "Silent")]


def test_one_that_was_looked_at_and_is_not_due_is_not_asked(
    organization: Organization, learnt: Any
) -> None:
    agent = learnt(600)
    later = timezone.now() + timedelta(hours=1)
    ArrivalHistory.objects.filter(agent=agent).update(look_at=later)
    now = timezone.now()
    assert agents_now(organization, now).counts == of_the_list(organization, now)
    assert agents_now(organization, now).counts.active == 1


def test_what_waits_in_the_log_is_no_silence(
    organization: Organization, learnt: Any, deliver: Any
) -> None:
    agent = learnt(600)
    deliver("accepted", agent.external_id)
    now = timezone.now()
    found = agents_now(organization, now).counts
    assert found == AgentCounts(active=1) == of_the_list(organization, now)


def test_refused_and_failed_ones_come_first(
    organization: Organization, learnt: Any, deliver: Any
) -> None:
    refused, failed, taken = learnt(5), learnt(5), learnt(5)
    learnt(600)
    deliver(
        "rejected", taken.external_id, received_at=timezone.now() - timedelta(hours=1)
    )
    deliver("rejected", refused.external_id)
    deliver("failed", str(failed.id), reason="The worker could not read it.")
    now = timezone.now()
    found = agents_now(organization, now)
    assert found.counts == AgentCounts(active=1, refused=1, failed=1, silent=1)
    assert found.counts == of_the_list(organization, now)
    assert [one.word for one in found.in_need] == ["Failed", "Refused", "Silent"]
    assert found.in_need[1].reason == "turns[3].role is no role"


def test_a_key_that_is_refused_concerns_all_who_post_with_it(
    organization: Organization, learnt: Any, deliver: Any
) -> None:
    one, two, other = learnt(5), learnt(5), learnt(5)
    processed(deliver, one, "shared")
    processed(deliver, two, "shared")
    processed(deliver, other, "own")
    deliver("rejected", "", "shared", status=401)
    now = timezone.now()
    found = agents_now(organization, now).counts
    assert found == AgentCounts(active=1, refused=2) == of_the_list(organization, now)


def test_what_could_not_be_read_concerns_the_only_one_that_has_the_key(
    organization: Organization, learnt: Any, deliver: Any
) -> None:
    one, two, other = learnt(5), learnt(5), learnt(5)
    processed(deliver, one, "shared")
    processed(deliver, two, "shared")
    processed(deliver, other, "own")
    deliver("rejected", "", "shared")
    deliver("rejected", "", "own", provider="")
    now = timezone.now()
    found = agents_now(organization, now).counts
    assert found == AgentCounts(active=2, refused=1) == of_the_list(organization, now)


def test_a_merged_agent_counts_as_whom_it_became(
    organization: Organization, learnt: Any, make_agent: MakeAgent, deliver: Any
) -> None:
    kept = learnt(5)
    alias = make_agent(merged_into=kept, merged_at=timezone.now())
    deliver("rejected", alias.external_id)
    now = timezone.now()
    found = agents_now(organization, now).counts
    assert found == AgentCounts(refused=1) == of_the_list(organization, now)


def test_resting_new_and_retired_ones(
    organization: Organization,
    learnt: Any,
    make_agent: MakeAgent,
    make_conversation: MakeConversation,
) -> None:
    now = timezone.now()
    make_agent(name="New")
    for days, fields in (
        (2, {}),  # idle
        (0.5, {}),  # too little is known
        (30, {}),  # dormant
        (3, {"retired_at": now}),
        (1, {"retired_at": now - timedelta(days=2)}),  # still sends
    ):
        agent = make_agent(**fields)
        make_conversation(agent=agent, created_at=now - timedelta(days=days))
    learnt(60 * 24 * 29)
    found = agents_now(organization, now).counts
    assert found == AgentCounts(active=1, resting=4, retired=2, sending=1)
    assert found == of_the_list(organization, now)


def test_of_many_that_may_be_silent_some_are_asked_and_all_are_counted(
    organization: Organization, learnt: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home_agents, "MAX_JUDGED", 2)
    for _ in range(8):
        learnt(600)
    ArrivalHistory.objects.update(is_silent=True)
    found = agents_now(organization, timezone.now())
    assert found.counts == AgentCounts(silent=8)
    assert len(found.in_need) == 2
    assert found.more_in_need == 6


def test_nothing_of_another_organization_counts(
    organization: Organization,
    other_organization: Organization,
    learnt: Any,
    deliver: Any,
) -> None:
    own = learnt(5)
    learnt(600, organization=other_organization)
    deliver("rejected", own.external_id, organization=other_organization)
    deliver("accepted", own.external_id, organization=other_organization)
    assert agents_now(organization, timezone.now()).counts == AgentCounts(active=1)


def test_any_number_of_agents_takes_as_many_queries(
    organization: Organization,
    learnt: Any,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for count in (1, 8):
        for _ in range(count):
            learnt(600)
        with django_assert_num_queries(6):
            agents_now(organization, timezone.now())
