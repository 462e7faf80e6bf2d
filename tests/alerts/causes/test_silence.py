"""Agents that are silent, and organizations of which all are."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import actions
from accounts.models import ApiKey
from alerts.judging.looks import CAUSES
from alerts.judging.round import take_look
from alerts.models import Issue, Progress, Rule
from alerts.texts.issue_text import lines_of, title_of
from conversations.models import Absence, ArrivalHistory
from tests.alerts.causes.conftest import MINUTE, arrive, learn, make_agent, refuse

SILENCE = next(one for one in CAUSES if one.name == "silence")
REFUSED = next(one for one in CAUSES if one.name == "refused")
HOUR = 60


@pytest.fixture
def look(now):
    """`look(minutes)`: a look so long after `now`; what has changed, in words."""

    def at(minutes=0.0, cause=SILENCE, judges=True):
        Progress.objects.all().delete()
        # A silent one is judged again in its turn; here each look judges all, or none.
        turn = now - MINUTE if judges else now + timedelta(days=90)
        ArrivalHistory.objects.update(look_at=turn)
        changes = take_look(cause, now + minutes * MINUTE)
        return sorted(
            (str(one.kind), one.issue.kind, one.issue.cause) for one in changes
        )

    return at


def silent(step, agent):
    return (step, "agent_silent", str(agent.pk))


def all_silent(step):
    return (step, "all_silent", "")


def in_words(issue):
    zone = issue.organization.zone
    return [title_of(issue, zone), *lines_of(issue, zone)]


@pytest.fixture
def survey(organization, now):
    """Another agent, which is heard all the time."""
    agent = make_agent(organization, "Survey")
    learn(agent, an_hour=60)
    arrive(agent, now + 9 * HOUR * MINUTE)
    return agent


def test_an_agent_that_is_heard_is_not_silent(agent, now, look):
    learn(agent)
    arrive(agent, now - 10 * MINUTE)
    assert look() == []


def test_a_silent_one_says_since_when_and_what_is_usual(agent, survey, now, look):
    learn(agent)
    arrive(agent, now - 2 * HOUR * MINUTE)
    assert look() == [silent("opened", agent)]
    issue = Issue.objects.get()
    assert issue.since == now - 2 * HOUR * MINUTE
    title, *_ = in_words(issue)
    assert "Front desk is silent since" in title
    assert "(usually every 6 min on" in title
    assert look(1) == []


def test_it_says_of_a_revoked_key_when_and_how_often_it_was_refused(
    agent, survey, key, alice, now, look
):
    learn(agent)
    arrive(agent, now - 2 * HOUR * MINUTE, key)
    actions.revoke_key(key=key, by=alice)
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=now - 119 * MINUTE)
    refuse(agent, now - 100 * MINUTE, key, status=401, count=2)
    look()
    line = in_words(Issue.objects.get())[1]
    assert "its key livekit-prod was refused twice: revoked at" in line
    assert "by Alice Example" in line


def test_it_says_which_field_was_refused_since(agent, survey, key, now, look):
    learn(agent)
    refuse(agent, now - 3 * HOUR * MINUTE, key)
    arrive(agent, now - 2 * HOUR * MINUTE, key)
    refuse(agent, now - 100 * MINUTE, key)
    look()
    line = in_words(Issue.objects.get())[1]
    assert "1 post was refused with the key livekit-prod" in line
    assert "the field transcript.turns[].role does not fit" in line


def test_it_says_what_livekit_told_of_since(agent, survey, make_session, now, look):
    learn(agent)
    arrive(agent, now - 2 * HOUR * MINUTE)
    make_session("arrived", minutes_ago=130, agent=agent)
    look()
    assert "LiveKit told of no session since" in in_words(Issue.objects.get())[1]
    make_session("missing", minutes_ago=60, agent=agent)
    make_session("running", minutes_ago=10, agent=agent)
    look(6)
    line = in_words(Issue.objects.get())[1]
    assert "LiveKit ran 2 sessions since" in line
    assert "1 of them is missing here" in line


def test_it_says_that_zelto_was_away(agent, survey, now, look):
    learn(agent, an_hour=20)
    arrive(agent, now - 3 * HOUR * MINUTE)
    Absence.objects.create(began_at=now - 170 * MINUTE, ended_at=now - 100 * MINUTE)
    look()
    assert "Zelto itself was not running until" in " ".join(
        in_words(Issue.objects.get())
    )


def test_it_is_over_with_the_next_session_and_says_what_was_missed(
    agent, survey, now, look
):
    learn(agent)
    arrive(agent, now - 2 * HOUR * MINUTE)
    look()
    arrive(agent, now + MINUTE)
    assert look(2) == [silent("resolved", agent)]
    over = Issue.objects.get().facts["over"]
    assert over["at"] == (now + MINUTE).isoformat()
    assert over["missed"] == pytest.approx(20, abs=0.5)
    assert over["is_told"] is False
    arrive(agent, now + 2 * MINUTE)
    assert look(3) == []


def test_what_livekit_told_of_is_no_estimate(agent, survey, make_session, now, look):
    learn(agent)
    arrive(agent, now - 2 * HOUR * MINUTE)
    for minutes in (90, 60, 30):
        make_session("missing", minutes_ago=minutes, agent=agent)
    look()
    arrive(agent, now + MINUTE)
    look(2)
    over = Issue.objects.get().facts["over"]
    assert (over["missed"], over["is_told"]) == (3, True)


def test_a_test_session_is_no_recovery(agent, survey, now, look):
    learn(agent)
    arrive(agent, now - 2 * HOUR * MINUTE)
    look()
    test = arrive(agent, now + MINUTE)
    test.is_test = True
    test.save()
    assert look(2) == []
    real = arrive(agent, now + 3 * MINUTE)
    assert look(4) == [silent("resolved", agent)]
    assert Issue.objects.get().facts["over"]["at"] == real.created_at.isoformat()


def test_recovery_is_seen_before_the_agent_is_judged_again(agent, survey, now, look):
    learn(agent)
    arrive(agent, now - 2 * HOUR * MINUTE)
    look()
    assert look(1, judges=False) == []
    arrive(agent, now + 2 * MINUTE)
    assert look(3, judges=False) == [silent("resolved", agent)]


def test_all_agents_together_are_one_issue(organization, agent, now, look):
    others = [make_agent(organization, f"Agent {number}") for number in range(5)]
    for one in (agent, *others):
        learn(one)
        arrive(one, now - 2 * HOUR * MINUTE)
    assert look() == [all_silent("opened")]
    title, names, *_ = in_words(Issue.objects.get())
    assert title.startswith("All 6 agents are silent since")
    assert names == (
        "These are Agent 0, Agent 1, Agent 2, Agent 3, Agent 4 and 1 other."
    )
    assert look(1) == []


def test_the_issue_of_all_replaces_those_of_its_agents_quietly(
    organization, agent, now, look
):
    other = make_agent(organization, "Survey")
    learn(agent)
    learn(other)
    arrive(agent, now - 2 * HOUR * MINUTE)
    arrive(other, now - MINUTE)
    assert look() == [silent("opened", agent)]
    assert look(3 * HOUR) == [all_silent("opened"), silent("resolved", agent)]
    over = Issue.objects.get(kind="agent_silent").facts["over"]
    assert (over["because"], over["is_quiet"]) == ("replaced", True)


def test_once_some_are_heard_again_the_others_have_half_an_hour(
    organization, agent, now, look
):
    others = [make_agent(organization, f"Agent {number}") for number in range(3)]
    for one in (agent, *others):
        learn(one)
        arrive(one, now - 2 * HOUR * MINUTE)
    look()
    for one in others:
        arrive(one, now + MINUTE)
    assert look(2) == [all_silent("resolved")]
    assert Issue.objects.get().facts["over"]["at"] == (now + MINUTE).isoformat()
    for one in others:
        arrive(one, now + 30 * MINUTE)
    assert look(31) == []
    for one in others:
        arrive(one, now + 32 * MINUTE)
    assert look(33) == [silent("opened", agent)]


def test_who_is_known_to_be_refused_is_not_told_twice(
    agent, survey, key, alice, now, look
):
    learn(agent)
    arrive(agent, now - 2 * HOUR * MINUTE, key)
    actions.revoke_key(key=key, by=alice)
    refuse(agent, now - 10 * MINUTE, key, status=401, count=5)
    assert look(cause=REFUSED) == [("opened", "sessions_refused", f"key:{key.pk}")]
    assert look() == []


def test_a_retired_agent_ends_its_issue(agent, survey, now, look):
    learn(agent)
    arrive(agent, now - 2 * HOUR * MINUTE)
    look()
    agent.retired_at = timezone.now()
    agent.save()
    assert look(1) == [silent("resolved", agent)]
    assert Issue.objects.get().facts["over"]["because"] == "retired"


def test_after_four_weeks_nobody_waits_any_more(agent, survey, now, look):
    learn(agent)
    arrive(agent, now - 2 * HOUR * MINUTE)
    look()
    arrive(survey, now + (29 * 24 * HOUR - 1) * MINUTE)
    assert look(29 * 24 * HOUR) == [silent("resolved", agent)]
    over = Issue.objects.get().facts["over"]
    assert (over["because"], over["is_quiet"]) == ("dormant", True)


def test_an_expected_silence_does_not_count(agent, survey, organization, now, look):
    learn(agent)
    arrive(agent, now - 10 * HOUR * MINUTE)
    rule = Rule.objects.create(
        organization=organization, agent=agent, silent_until=now + MINUTE
    )
    assert look() == []
    # Only what was expected since then counts.
    assert look(10) == []
    assert look(2 * HOUR) == [silent("opened", agent)]
    rule.delete()


def test_agents_of_two_organizations_are_apart(
    agent, survey, other_organization, now, look
):
    twin = make_agent(other_organization)
    for one in (agent, twin):
        learn(one)
        arrive(one, now - 2 * HOUR * MINUTE)
    assert len(look()) == 2
    for issue in Issue.objects.all():
        other = twin if issue.agent == agent else agent
        assert issue.organization_id != other.organization_id
        assert str(other.pk) not in str(issue.facts)


def test_sessions_that_arrived_long_ago_and_are_stored_now_open_nothing(
    agent, now, look
):
    # A rebuild makes conversations anew as of when they arrived; nothing was learnt.
    for days in range(5, 30):
        arrive(agent, now - timedelta(days=days))
    assert look() == []
