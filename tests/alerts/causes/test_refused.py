"""Sessions that are refused."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import actions
from accounts.models import ApiKey
from alerts.judging.looks import CAUSES
from alerts.judging.round import take_look
from alerts.models import Issue, IssueKind, Progress
from alerts.texts.issue_text import lines_of, title_of
from integrations.models import AgentWorker
from tests.alerts.causes.conftest import MINUTE, arrive, make_agent, refuse

(REFUSED,) = (one for one in CAUSES if one.name == "refused")


@pytest.fixture
def look(now):
    """`look(minutes)`: a look so long after `now`; what has changed, in words."""

    def at(minutes=0.0):
        Progress.objects.all().delete()
        changes = take_look(REFUSED, now + minutes * MINUTE)
        return [(str(one.kind), one.issue.cause) for one in changes]

    return at


def in_words(issue):
    return [
        title_of(issue, issue.organization.zone),
        *lines_of(issue, issue.organization.zone),
    ]


def test_one_refusal_among_others_is_no_alert(agent, key, now, look):
    for minutes in range(1, 50):
        arrive(agent, now - minutes * MINUTE, key)
    refuse(agent, now - 5.5 * MINUTE, key)
    refuse(agent, now - 0.5 * MINUTE, key)
    assert look() == []


def test_three_in_a_row_are_one_with_the_field_that_does_not_fit(agent, key, now, look):
    arrive(agent, now - 40 * MINUTE, key)
    for minutes in (3, 2, 1):
        refuse(agent, now - minutes * MINUTE, key)
    assert look() == [("opened", f"agent:{agent.pk}")]
    issue = Issue.objects.get()
    assert (issue.agent, issue.count) == (agent, 3)
    title, cause = in_words(issue)
    assert title.startswith("Sessions of Front desk are refused since")
    assert title.endswith("all 3 of them")
    assert "3 posts were refused with the key livekit-prod" in cause
    assert "the field transcript.turns[].role does not fit" in cause
    # What a refusal quotes is nobody's to send on.
    assert "Bob" not in str(issue.facts)


def test_it_is_over_with_the_next_session_that_is_taken(agent, key, now, look):
    for minutes in (3, 2, 1):
        refuse(agent, now - minutes * MINUTE, key)
    arrive(agent, now - 40 * MINUTE, key)
    look()
    taken = arrive(agent, now + 2 * MINUTE, key)
    assert look(3) == [("resolved", f"agent:{agent.pk}")]
    over = Issue.objects.get().facts["over"]
    assert over == {"at": taken.created_at.isoformat()}
    assert look(4) == []


def test_it_stays_while_nothing_more_comes_and_is_forgotten_after_a_day(
    agent, key, now, look
):
    arrive(agent, now - 40 * MINUTE, key)
    for minutes in (3, 2, 1):
        refuse(agent, now - minutes * MINUTE, key)
    look()
    assert look(5 * 60) == []
    assert Issue.objects.get().is_open
    assert look(25 * 60) == [("resolved", f"agent:{agent.pk}")]
    assert Issue.objects.get().facts["over"]["because"] == "forgotten"


def test_a_key_that_was_revoked_is_one_issue_with_when_and_by_whom(
    organization, agent, key, alice, now, look
):
    second = make_agent(organization, "Survey")
    for one in (agent, second):
        arrive(one, now - 40 * MINUTE, key)
    actions.revoke_key(key=key, by=alice)
    ApiKey.objects.update(revoked_at=now - 20 * MINUTE)
    refuse(agent, now - 10 * MINUTE, key, status=401, count=30)
    refuse(agent, now - 9 * MINUTE, key, status=401, count=8)
    assert look() == [("opened", f"key:{key.pk}")]
    issue = Issue.objects.get()
    assert (issue.key, issue.agent, issue.count) == (key, None, 38)
    title, cause = in_words(issue)
    assert "Sessions of the key livekit-prod are refused" in title
    local = (now - 20 * MINUTE).astimezone(organization.zone)
    assert "its key livekit-prod was refused 38 times: revoked at" in cause
    assert f"{local:%H:%M} by Alice Example" in cause


def test_a_new_key_ends_it_once_all_agents_of_the_old_one_are_taken(
    organization, agent, key, make_key, now, look
):
    second = make_agent(organization, "Survey")
    for one in (agent, second):
        arrive(one, now - 40 * MINUTE, key)
    refuse(agent, now - 10 * MINUTE, key, status=401, count=38)
    look()
    new, _ = make_key(organization, name="livekit-new")
    arrive(agent, now + MINUTE, new)
    assert look(2) == []
    arrive(second, now + 3 * MINUTE, new)
    assert look(4) == [("resolved", f"key:{key.pk}")]


def test_of_two_hosts_one_that_is_still_refused_keeps_it_open(
    organization, agent, key, make_key, now, look
):
    new, _ = make_key(organization, name="livekit-new")
    for host in ("host-a", "host-b"):
        AgentWorker.objects.create(
            organization=organization,
            key=key,
            provider="livekit",
            agent_reference=agent.external_id,
            host=host,
            first_at=now,
            last_at=now - 40 * MINUTE,
            waiting=2,
            refused=0,
        )
    arrive(agent, now - 40 * MINUTE, key)
    refuse(agent, now - 10 * MINUTE, key, status=401, count=38)
    look()
    arrive(agent, now + MINUTE, new)
    refuse(agent, now + 1.5 * MINUTE, key, status=401)
    arrive(agent, now + 2 * MINUTE, new)
    assert look(3) == []
    assert "host-a" in " ".join(in_words(Issue.objects.get()))
    assert look(13) == [("resolved", f"key:{key.pk}")]


def test_a_part_of_a_busy_hour_is_one_with_its_share(agent, key, now, look):
    for minutes in range(1, 50):
        arrive(agent, now - minutes * MINUTE, key)
    for minutes in (40, 30, 20, 10, 5):
        refuse(agent, now - (minutes + 0.5) * MINUTE, key)
    assert look() == [("opened", f"agent:{agent.pk}")]
    title, *cause = in_words(Issue.objects.get())
    assert title.startswith("9 % of the sessions of Front desk are refused")
    assert "49 sessions arrived in the same hour." in cause
    assert look(40) == [("resolved", f"agent:{agent.pk}")]


def test_answers_after_which_senders_try_again_are_none(agent, key, now, look):
    for status in (429, 408, 503):
        refuse(agent, now - MINUTE, key, status=status, count=50)
    assert look() == []


def test_an_agent_that_is_not_known_yet_is_told_by_its_key(agent, key, now, look):
    for minutes in (3, 2, 1):
        refuse(agent, now - minutes * MINUTE, key, agent_reference="nobody")
    assert look() == [("opened", f"key:{key.pk}")]


def test_a_retired_agent_is_nobodys_worry(agent, key, alice, now, look):
    arrive(agent, now - 40 * MINUTE, key)
    for minutes in (3, 2, 1):
        refuse(agent, now - minutes * MINUTE, key)
    look()
    agent.retired_at = timezone.now()
    agent.save()
    assert look(1) == [("resolved", f"agent:{agent.pk}")]
    assert Issue.objects.get().facts["over"]["because"] == "retired"
    assert title_of(Issue.objects.get(), agent.organization.zone) == (
        "Front desk was retired"
    )


def test_nothing_of_another_organization_is_in_it(
    agent, key, other_organization, make_key, now, look
):
    other_key, _ = make_key(other_organization, name="globex-secret")
    twin = make_agent(other_organization, "Front desk")
    for minutes in (3, 2, 1):
        refuse(agent, now - minutes * MINUTE, key)
        refuse(twin, now - minutes * MINUTE, other_key, count=5)
    assert len(look()) == 2
    for issue in Issue.objects.all():
        assert issue.kind == IssueKind.SESSIONS_REFUSED
        is_own = issue.organization_id == agent.organization_id
        assert issue.count == (3 if is_own else 15)
        assert ("globex-secret" in str(issue.facts)) is not is_own
        assert str(agent.pk if not is_own else twin.pk) not in str(issue.facts)


def test_what_a_rebuild_finds_of_the_past_opens_nothing(agent, key, now, look):
    for hours in (30, 29, 28, 27):
        refuse(agent, now - timedelta(hours=hours), key)
    assert look() == []
