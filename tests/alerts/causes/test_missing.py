"""Sessions that LiveKit ran and that never arrived."""

import pytest

from alerts.judging.looks import CAUSES
from alerts.judging.round import take_look
from alerts.models import Issue, Progress
from alerts.texts.issue_text import lines_of, title_of
from integrations.models import AgentWorker, LiveKitProject
from tests.alerts.causes.conftest import MINUTE, make_agent

(MISSING,) = (one for one in CAUSES if one.name == "missing")


@pytest.fixture
def look(now):
    def at(minutes=0.0):
        Progress.objects.all().delete()
        changes = take_look(MISSING, now + minutes * MINUTE)
        return [(str(one.kind), one.issue.cause) for one in changes]

    return at


def test_one_that_is_missing_among_others_is_no_alert(agent, make_session, look):
    for number in range(10, 60):
        make_session("arrived", minutes_ago=number, agent=agent)
    for minutes in (30.5, 20.5):
        make_session("missing", minutes_ago=minutes, agent=agent)
    assert look() == []


def test_three_in_a_row_are_one_with_the_host_that_had_them(agent, make_session, look):
    make_session("arrived", minutes_ago=90, agent=agent)
    for minutes in (40, 30, 20):
        make_session("missing", minutes_ago=minutes, agent=agent, job_status="failed")
    AgentWorker.objects.create(
        organization=agent.organization,
        key_id=agent.pk,
        provider="livekit",
        agent_reference=agent.external_id,
        host="worker-1",
        first_at=agent.created_at,
        last_at=agent.created_at,
        waiting=3,
        refused=0,
    )
    assert look() == [("opened", f"agent:{agent.pk}")]
    issue = Issue.objects.get()
    assert (issue.count, issue.agent) == (3, agent)
    zone = agent.organization.zone
    assert title_of(issue, zone).startswith(
        "3 sessions of Front desk are missing since"
    )
    ran, failed, host = lines_of(issue, zone)
    assert ran == "LiveKit ran 3 sessions in that time."
    assert failed == "Of 3 LiveKit says that the job failed."
    assert "worker-1" in host
    assert "with 3 sessions in its outbox" in host


def test_it_is_over_once_a_later_one_arrived(agent, make_session, look):
    for minutes in (40, 30, 20):
        make_session("missing", minutes_ago=minutes, agent=agent)
    look()
    make_session("arrived", minutes_ago=15, agent=agent)
    assert look(1) == [("resolved", f"agent:{agent.pk}")]


def test_it_is_over_once_those_came_late(agent, make_session, look):
    sessions = [
        make_session("missing", minutes_ago=minutes, agent=agent)
        for minutes in (40, 30, 20)
    ]
    look()
    for session in sessions:
        session.state = "arrived"
        session.save()
    assert look(1) == [("resolved", f"agent:{agent.pk}")]


def test_it_is_forgotten_a_day_after_the_last_one(agent, make_session, look):
    for minutes in (40, 30, 20):
        make_session("missing", minutes_ago=minutes, agent=agent)
    look()
    assert look(60 * 23) == []
    assert look(60 * 24) == [("resolved", f"agent:{agent.pk}")]
    assert Issue.objects.get().facts["over"]["because"] == "forgotten"


def test_an_agent_that_is_not_known_here_is_told_by_its_name(make_session, look):
    for minutes in (40, 30, 20):
        make_session("missing", minutes_ago=minutes, agent_name="new-agent")
    assert look() == [("opened", "name:new-agent")]
    assert "new-agent" in title_of(
        Issue.objects.get(), Issue.objects.get().organization.zone
    )


def test_a_merged_agents_sessions_count_as_those_of_the_one_it_became(
    organization, agent, make_session, look
):
    former = make_agent(organization, "Old desk")
    former.merged_into = agent
    former.save()
    make_session("missing", minutes_ago=40, agent=agent)
    for minutes in (30, 20):
        make_session("missing", minutes_ago=minutes, agent=former)
    assert look() == [("opened", f"agent:{agent.pk}")]
    assert Issue.objects.get().count == 3


def test_those_of_a_project_that_is_no_longer_watched_count_for_nothing(
    agent, make_session, now, look
):
    for minutes in (40, 30, 20):
        make_session("missing", minutes_ago=minutes, agent=agent)
    LiveKitProject.objects.update(removed_at=now)
    assert look() == []


def test_nothing_of_another_organization_counts(
    agent, make_session, other_organization, look
):
    other = LiveKitProject.objects.create(
        organization=other_organization, name="theirs"
    )
    twin = make_agent(other_organization)
    for minutes in (40, 30):
        make_session("missing", minutes_ago=minutes, agent=agent)
        make_session("missing", minutes_ago=minutes, agent=twin, project=other)
    assert look() == []
