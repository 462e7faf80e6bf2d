"""What is posted, replayed and rebuilt after two agents became one."""

import threading

import pytest
from django.db import connection

from conversations.agents.actions import change_agent
from conversations.agents.merging import (
    merge_agents,
    move_merged_conversations,
    separate_agent,
)
from conversations.models import Agent, Conversation
from integrations.models import Delivery
from integrations.processing import rebuild
from integrations.processing.replay import replay_delivery
from tests.integrations.conftest import session

pytestmark = pytest.mark.django_db(transaction=True)
LIVEKIT = {"X-Zelto-Provider": "livekit"}


@pytest.fixture
def arrive(post, process):
    def send(call, reference, **fields):
        fields.setdefault("agent", {"externalId": reference})
        answer = post(session(call, **fields), **LIVEKIT)
        assert answer.status_code == 200
        process()

    return send


@pytest.fixture
def pair(arrive):
    """The agent that stays, and the one that a typo made."""
    arrive("call-kept", "front-desk")
    arrive("call-typo", "frontdesk")
    return Agent.objects.get(external_id="front-desk"), Agent.objects.get(
        external_id="frontdesk"
    )


def merge(merged, kept, by):
    merge_agents(merged=merged, kept=kept, by=by)
    assert not move_merged_conversations(seconds=60)


def agents_of_calls():
    return {
        call.external_id: call.agent.external_id
        for call in Conversation.objects.select_related("agent")
    }


def test_later_posts_go_to_the_kept_one(arrive, post, process, pair, dora):
    kept, typo = pair
    merge(typo, kept, dora)
    arrive("call-new", "frontdesk")
    arrive("call-typo", "frontdesk", version="2")
    body = session("call-by-id", agentId=str(typo.id))
    assert post({**body, "agent": None}, **LIVEKIT).status_code == 200
    process()
    assert set(agents_of_calls().values()) == {"front-desk"}
    assert Conversation.objects.count() == 4
    assert Agent.objects.count() == 2


def test_replay_and_rebuild_keep_the_merge(pair, process, dora, organization):
    kept, typo = pair
    merge(typo, kept, dora)
    of_typo = Delivery.objects.get(external_id="call-typo")
    replay_delivery(delivery=of_typo, by=dora)
    process()
    *_, progress = rebuild.rebuild(organization=organization)
    assert progress.rebuilt == 2
    assert set(agents_of_calls().values()) == {"front-desk"}


def test_a_rebuild_takes_a_separated_merge_apart(pair, dora, organization):
    kept, typo = pair
    merge(typo, kept, dora)
    separate_agent(agent=typo, by=dora)
    assert set(agents_of_calls().values()) == {"front-desk"}
    list(rebuild.rebuild(organization=organization))
    assert agents_of_calls() == {"call-kept": "front-desk", "call-typo": "frontdesk"}


def test_a_name_that_a_person_gave_survives_posts_and_rebuild(
    arrive, pair, dora, organization
):
    kept, _ = pair
    change_agent(agent=kept, name="Reception", by=dora)
    arrive("call-2", "front-desk")
    arrive("call-3", "front-desk", agent={"externalId": "front-desk", "name": "Other"})
    list(rebuild.rebuild(organization=organization))
    kept.refresh_from_db()
    assert kept.name == "Reception"


def test_posts_while_they_are_merged_all_end_with_the_kept_one(
    post, process, pair, dora
):
    kept, typo = pair
    for number in range(40):
        post(session(f"call-{number}", agent={"externalId": "frontdesk"}), **LIVEKIT)
    start = threading.Barrier(2)

    def work():
        start.wait(30)
        process()
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    start.wait(30)
    merge_agents(merged=typo, kept=kept, by=dora)
    worker.join(60)
    assert not move_merged_conversations(seconds=60)
    assert set(agents_of_calls().values()) == {"front-desk"}
    assert Conversation.objects.count() == 42
