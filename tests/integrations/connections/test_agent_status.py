"""`/org/<slug>/agents/<id>/connection`, and the state that it shows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import actions
from conversations.arrivals.learning import learn_arrivals
from conversations.models import Agent, Conversation
from integrations.connections.agent_status import AgentState, agent_connection
from integrations.models import Delivery
from tests.integrations.conftest import session

LIVEKIT = {"X-Zelto-Provider": "livekit"}
MISFIT = session("call-bad", transcript={"turns": [{"role": "<script>"}]})


@pytest.fixture
def agent(organization):
    return Agent.objects.create(
        organization=organization, provider="livekit", external_id="front-desk"
    )


@pytest.fixture
def had_sessions(agent):
    """`had_sessions(3, every=..., last=...)`: so many, the last so long ago."""

    def make(count, *, every, last):
        newest = timezone.now() - last
        for number in range(count):
            Conversation.objects.create(
                organization=agent.organization,
                agent=agent,
                provider="livekit",
                external_id=f"past-{number}",
                created_at=newest - every * number,
                applied_through=1,
            )
        learn_arrivals(timezone.now(), seconds=60)

    return make


def state_of(agent):
    return agent_connection(agent, timezone.now()).state


def url_of(agent):
    return f"/org/acme/agents/{agent.id}/connection"


def page_of(client, agent, **headers):
    response = client.get(url_of(agent), headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def test_an_agent_without_a_session_is_new(agent):
    assert state_of(agent) is AgentState.NEW


def test_it_is_healthy_after_a_session(agent, post, process):
    post(session(), **LIVEKIT)
    process()
    connection = agent_connection(agent, timezone.now())
    assert connection.state is AgentState.HEALTHY
    assert connection.last_session == Conversation.objects.get()


def test_it_is_silent_after_longer_than_is_usual_for_it(agent, had_sessions):
    had_sessions(28 * 48, every=timedelta(minutes=30), last=timedelta(hours=16))
    connection = agent_connection(agent, timezone.now())
    assert connection.state is AgentState.SILENT
    assert connection.rhythm.expected == pytest.approx(32, rel=0.1)


def test_the_same_silence_is_nothing_for_an_agent_with_fewer_sessions(
    agent, had_sessions
):
    had_sessions(28 * 4, every=timedelta(hours=6), last=timedelta(hours=16))
    assert state_of(agent) is AgentState.HEALTHY


def test_silence_that_came_every_week_is_as_usual(agent, bob_client):
    # Twenty sessions within three hours, once a week, the last at the end of an hour.
    now = timezone.now()
    for week in range(5):
        newest = (now - timedelta(hours=3)).replace(minute=59) - timedelta(weeks=week)
        for number in range(20):
            Conversation.objects.create(
                organization=agent.organization,
                agent=agent,
                provider="livekit",
                external_id=f"{week}-{number}",
                created_at=newest - timedelta(minutes=9) * number,
                applied_through=1,
            )
    learn_arrivals(now, seconds=60)
    connection = agent_connection(agent, timezone.now())
    assert connection.state is AgentState.HEALTHY
    assert connection.is_long_as_usual
    assert "and it was as quiet at these hours" in page_of(bob_client, agent)


def test_a_stored_session_is_not_silence(agent, had_sessions, post):
    had_sessions(28 * 48, every=timedelta(minutes=30), last=timedelta(hours=16))
    post(session(), **LIVEKIT)
    connection = agent_connection(agent, timezone.now())
    assert connection.state is AgentState.HEALTHY
    assert connection.stored_at is not None


def test_a_refusal_of_its_last_delivery_shows(agent, post, process):
    post(session(), **LIVEKIT)
    process()
    post(MISFIT, **LIVEKIT)
    connection = agent_connection(agent, timezone.now())
    assert connection.state is AgentState.FAILING
    assert connection.refusals
    assert connection.refusals.newest.status == 422


def test_a_refusal_without_any_session_shows(agent, post):
    post(MISFIT, **LIVEKIT)
    assert state_of(agent) is AgentState.FAILING


def test_a_refusal_that_names_it_by_its_id_shows(agent, post):
    post({**MISFIT, "agent": None, "agentId": str(agent.id)}, **LIVEKIT)
    assert state_of(agent) is AgentState.FAILING


def test_what_was_taken_later_heals_it(agent, post, process):
    post(MISFIT, **LIVEKIT)
    post(session(), **LIVEKIT)
    process()
    assert state_of(agent) is AgentState.HEALTHY


def test_a_call_that_is_posted_again_heals_it_too(agent, post, process):
    post(session(), **LIVEKIT)
    process()
    post(MISFIT, **LIVEKIT)
    post(session(), **LIVEKIT)
    process()
    assert state_of(agent) is AgentState.HEALTHY


def test_another_agents_refusal_is_not_its_own(agent, post, process):
    post(session(), **LIVEKIT)
    process()
    post({**MISFIT, "agent": {"externalId": "other"}}, **LIVEKIT)
    assert state_of(agent) is AgentState.HEALTHY


def test_a_refusal_of_its_key_is_its_own(agent, organization, post, process, alice):
    """Such a post is not read, so it names no agent: the key is what it has."""
    post(session(), **LIVEKIT)
    process()
    actions.revoke_key(key=organization.api_keys.get(), by=alice)
    post(session("call-2"), **LIVEKIT)
    connection = agent_connection(agent, timezone.now())
    assert connection.state is AgentState.FAILING
    assert connection.refusals
    assert connection.refusals.newest.status == 401


def test_what_could_not_be_read_is_its_own_where_no_other_agent_uses_the_key(
    agent, organization, post, process
):
    post(session(), **LIVEKIT)
    process()
    post(b"{", **LIVEKIT)
    assert state_of(agent) is AgentState.FAILING
    post(session("call-2", agent={"externalId": "other"}), **LIVEKIT)
    process()
    post(b"{", **LIVEKIT)
    assert state_of(agent) is AgentState.HEALTHY
    assert state_of(Agent.objects.get(external_id="other")) is AgentState.HEALTHY


def test_a_refusal_of_another_key_is_not(agent, organization, make_key, post, process):
    post(session(), **LIVEKIT)
    process()
    post(session(), key=make_key(organization, scope="read")[1], **LIVEKIT)
    assert state_of(agent) is AgentState.HEALTHY


def test_a_delivery_that_could_not_be_read_shows(agent, bob_client, post, process):
    post(session(), **LIVEKIT)
    process()
    post(session("call-2"), **LIVEKIT)
    Delivery.objects.filter(external_id="call-2").update(
        outcome="failed", reason="Its body is <gone>."
    )
    assert state_of(agent) is AgentState.FAILING
    content = page_of(bob_client, agent)
    assert "Last delivery failed" in content
    assert "Its body is &lt;gone&gt;." in content


def test_the_page_says_when_the_last_session_arrived(agent, bob_client, post, process):
    post(session(), **LIVEKIT)
    process()
    content = page_of(bob_client, agent)
    assert "Healthy" in content
    assert "Last session <time" in content


def test_the_page_says_what_is_usual_at_this_hour_of_the_week(
    agent, bob_client, had_sessions
):
    had_sessions(28 * 48, every=timedelta(minutes=30), last=timedelta(hours=16))
    hour = timezone.now()
    content = page_of(bob_client, agent)
    assert "Nothing recent" in content
    assert "Nothing for 16 hours." in content
    assert f"On {hour:%A}s from {hour:%H}:00" in content
    assert "a session usually arrives every 30 minutes" in content


def test_a_long_silence_is_judged_by_the_weeks_before(agent, bob_client, had_sessions):
    had_sessions(10 * 7, every=timedelta(days=1), last=timedelta(days=14))
    content = page_of(bob_client, agent)
    assert "Nothing for 14 days." in content
    assert "Before that, about 7 sessions arrived a week." in content


def test_of_a_newcomer_it_says_that_little_is_known(agent, bob_client, had_sessions):
    had_sessions(1, every=timedelta(days=1), last=timedelta(days=2))
    content = page_of(bob_client, agent)
    assert "Nothing recent" in content
    assert "Nothing for 2 days." in content
    assert "too few sessions to say what is usual" in content
    assert "z-state-warn" not in content


def test_a_retired_agent_is_not_watched(agent, bob_client, had_sessions):
    had_sessions(28, every=timedelta(days=1), last=timedelta(days=10))
    Agent.objects.update(retired_at=timezone.now())
    assert "Retired agents are not watched." in page_of(bob_client, agent)


def test_a_refusal_under_the_id_of_a_merged_agent_is_its_own(agent, post, process):
    Agent.objects.create(
        organization=agent.organization,
        provider="livekit",
        external_id="frontdesk",
        merged_into=agent,
    )
    post(session(), **LIVEKIT)
    process()
    post({**MISFIT, "agent": {"externalId": "frontdesk"}}, **LIVEKIT)
    assert state_of(agent) is AgentState.FAILING
    post(session("call-2", agent={"externalId": "frontdesk"}), **LIVEKIT)
    connection = agent_connection(agent, timezone.now())
    assert connection.state is AgentState.HEALTHY
    assert connection.stored_at is not None


def test_the_page_shows_the_reason_escaped(agent, bob_client, post):
    post(MISFIT, **LIVEKIT)
    content = page_of(bob_client, agent)
    assert "Last delivery refused" in content
    assert "422" in content
    assert "&lt;script&gt;" in content
    assert "got &quot;<script>" not in content


def test_the_page_escapes_the_agents_name(agent, bob_client):
    Agent.objects.update(name="<script>alert(1)</script>")
    assert "<script>alert(1)" not in page_of(bob_client, agent)


def test_htmx_gets_the_fragment_alone(agent, bob_client):
    fragment = page_of(bob_client, agent, HX_Request="true")
    assert "No sessions" in fragment
    assert "<html" not in fragment
    page = bob_client.get(url_of(agent))
    assert b"<html" in page.content
    assert "HX-Request" in page["Vary"]


def test_it_takes_a_fixed_number_of_queries(
    agent, post, process, had_sessions, django_assert_num_queries
):
    had_sessions(28 * 48, every=timedelta(minutes=30), last=timedelta(hours=16))
    with django_assert_num_queries(11):
        assert state_of(agent) is AgentState.SILENT
    for number in range(3):
        post(session(f"call-{number}"), **LIVEKIT)
        process()
        post(MISFIT, **LIVEKIT)
    with django_assert_num_queries(16):
        assert state_of(agent) is AgentState.FAILING


def test_it_refuses_an_outsider(agent, charlie_client):
    assert charlie_client.get(url_of(agent)).status_code == 404
    other = url_of(agent).replace("acme", "globex")
    assert charlie_client.get(other).status_code == 404


def test_signed_out_leads_to_the_login(agent, client):
    response = client.get(url_of(agent))
    assert response.status_code == 302
    assert response["Location"].startswith("/login")


def test_it_is_only_read(agent, alice_client):
    assert alice_client.post(url_of(agent)).status_code == 405
