"""The agents list with what the log of deliveries knows of each."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import actions
from conversations.agents.status import AgentStatus
from conversations.models import Agent
from integrations.models import Delivery
from tests.integrations.conftest import session

LIVEKIT = {"X-Zelto-Provider": "livekit"}
URL = "/org/acme/agents"


@pytest.fixture
def arrive(post, process):
    def send(*agents):
        for agent in agents:
            body = session(f"call-{agent}", agent={"externalId": agent})
            assert post(body, **LIVEKIT).status_code == 200
        process()

    return send


def misfit(agent):
    turns = [{"role": "bot"}]
    return session("call-bad", agent={"externalId": agent}, transcript={"turns": turns})


def statuses(client):
    return {
        row.agent.external_id: row.status for row in client.get(URL).context["rows"]
    }


def test_a_refused_newest_delivery_needs_a_look(bob_client, arrive, post):
    arrive("one", "two")
    post(misfit("two"), **LIVEKIT)
    assert statuses(bob_client) == {
        "two": AgentStatus.REFUSED,
        "one": AgentStatus.ACTIVE,
    }
    content = bob_client.get(URL).content.decode()
    assert "1 of 2 needs a look." in content
    assert "Last delivery refused: transcript.turns[0].role" in content


def test_a_failed_newest_delivery_needs_a_look(bob_client, arrive, post):
    arrive("one")
    post(session("call-2", agent={"externalId": "one"}), **LIVEKIT)
    Delivery.objects.filter(external_id="call-2").update(outcome="failed")
    assert statuses(bob_client) == {"one": AgentStatus.FAILED}


def test_what_was_taken_later_heals_it(bob_client, arrive, post):
    arrive("one")
    post(misfit("one"), **LIVEKIT)
    post(session("call-2", agent={"externalId": "one"}), **LIVEKIT)
    # Stored is enough: it need not be processed yet.
    assert statuses(bob_client) == {"one": AgentStatus.ACTIVE}


def test_a_key_that_is_refused_concerns_all_who_use_it(
    bob_client, alice, organization, arrive, post
):
    arrive("one", "two")
    actions.revoke_key(key=organization.api_keys.get(), by=alice)
    body = session("call-2", agent={"externalId": "one"})
    assert post(body, **LIVEKIT).status_code == 401
    assert set(statuses(bob_client).values()) == {AgentStatus.REFUSED}


def test_another_organizations_log_says_nothing_here(
    bob_client, arrive, post, make_key, other_organization
):
    arrive("one")
    theirs = make_key(other_organization)[1]
    post(misfit("one"), key=theirs, **LIVEKIT)
    assert statuses(bob_client) == {"one": AgentStatus.ACTIVE}


def test_it_asks_the_database_as_often_for_50_agents_as_for_5(bob_client, arrive, post):
    def add(numbers):
        for number in numbers:
            arrive(f"agent-{number}")
            post(misfit(f"agent-{number}"), **LIVEKIT)
            waiting = {"externalId": f"agent-{number}"}
            post(session(f"next-{number}", agent=waiting), **LIVEKIT)

    bob_client.get(URL)
    add(range(5))
    with CaptureQueriesContext(connection) as few:
        bob_client.get(URL)
    add(range(5, 50))
    with CaptureQueriesContext(connection) as many:
        bob_client.get(URL)
    assert Agent.objects.count() == 50
    assert len(many) == len(few)
