"""Two agents that are one become one, whatever happens at the same time."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import AuditEntry
from conversations.agents.actions import change_agent
from conversations.agents.merging import (
    MergeConflict,
    merge_agents,
    move_merged_conversations,
    separate_agent,
)
from conversations.models import Agent, Conversation
from conversations.projection import agent_lookup
from conversations.projection.agent_lookup import AgentKey, Named

durable = pytest.mark.django_db(transaction=True)
pytestmark = durable


@pytest.fixture
def kept(make_agent):
    return make_agent(name="Front desk", external_id="front-desk")


@pytest.fixture
def typo(make_agent):
    return make_agent(external_id="frontdesk")


def key_of(agent):
    return AgentKey(agent.organization_id, None, agent.provider, agent.external_id)


def found(agent):
    """As a delivery finds it: by the sender's id, and by its own."""
    by_id = AgentKey(agent.organization_id, agent.id, "", "")
    ids = agent_lookup.find([key_of(agent), by_id])
    assert ids[key_of(agent)] == ids[by_id]
    return ids[by_id]


def merge(merged, kept, by):
    merge_agents(merged=merged, kept=kept, by=by)
    assert not move_merged_conversations(seconds=60)


def test_all_conversations_move(kept, typo, dora, make_conversation, monkeypatch):
    monkeypatch.setattr("conversations.agents.merging.BATCH", 2)
    mine = [make_conversation(agent=typo) for _ in range(5)]
    make_conversation(agent=kept)
    merge(typo, kept, dora)
    assert set(kept.conversations.values_list("id", flat=True)) > {
        one.id for one in mine
    }
    assert not typo.conversations.exists()


def test_moving_takes_a_time_and_goes_on_later(
    kept, typo, dora, make_conversation, monkeypatch
):
    monkeypatch.setattr("conversations.agents.merging.BATCH", 1)
    for _ in range(3):
        make_conversation(agent=typo)
    merge_agents(merged=typo, kept=kept, by=dora)
    assert move_merged_conversations(seconds=0)
    assert typo.conversations.count() == 2
    assert not move_merged_conversations(seconds=60)
    assert not typo.conversations.exists()


def test_organizations_take_turns(
    kept, typo, dora, make_agent, make_conversation, other_organization, monkeypatch
):
    monkeypatch.setattr("conversations.agents.merging.BATCH", 4)
    theirs, their_typo = (make_agent(organization=other_organization) for _ in "ab")
    for agent in (typo, their_typo):
        for _ in range(5):
            make_conversation(agent=agent)
    merge_agents(merged=typo, kept=kept, by=dora)
    merge_agents(merged=their_typo, kept=theirs, by=dora)
    assert move_merged_conversations(seconds=0)
    assert kept.conversations.count() == theirs.conversations.count() == 2


def test_posts_under_the_old_id_find_the_kept_one(kept, typo, dora):
    merge(typo, kept, dora)
    assert found(typo) == found(kept) == kept.id
    assert agent_lookup.find_or_create([Named(1, key_of(typo), "Typo")]) == {
        key_of(typo): kept.id
    }
    kept.refresh_from_db()
    assert kept.name == "Front desk"


def test_a_chain_is_one_step(kept, typo, dora, make_agent):
    middle = make_agent(external_id="front_desk")
    merge(typo, middle, dora)
    merge(middle, kept, dora)
    assert found(typo) == found(middle) == kept.id
    typo.refresh_from_db()
    assert typo.merged_into == kept


def test_there_is_no_way_round_in_a_circle(kept, typo, dora):
    merge(typo, kept, dora)
    for pair in ((kept, typo), (typo, kept), (kept, kept)):
        with pytest.raises(MergeConflict):
            merge_agents(merged=pair[0], kept=pair[1], by=dora)
    assert found(typo) == found(kept) == kept.id
    with pytest.raises(IntegrityError), transaction.atomic():
        Agent.objects.filter(pk=kept.pk).update(merged_into=kept.pk)


def test_an_agent_of_another_organization_is_none(
    kept, dora, make_agent, other_organization
):
    theirs = make_agent(organization=other_organization)
    for pair in ((theirs, kept), (kept, theirs)):
        with pytest.raises(MergeConflict):
            merge_agents(merged=pair[0], kept=pair[1], by=dora)


def test_a_name_that_only_the_merged_one_has_is_kept(dora, make_agent):
    nameless = make_agent()
    named = make_agent(name="Front desk", named_by_sequence=3, description="By day")
    merge(named, nameless, dora)
    nameless.refresh_from_db()
    assert nameless.name == "Front desk"
    assert nameless.named_by_sequence == 3
    assert nameless.description == "By day"


def test_it_is_recorded(kept, typo, dora):
    merge(typo, kept, dora)
    separate_agent(agent=typo, by=dora)
    separate_agent(agent=typo, by=dora)
    merged, separated = AuditEntry.objects.order_by("id")
    assert (merged.action, merged.subject) == ("agent.merged", "frontdesk")
    assert merged.detail["into"] == "Front desk"
    assert separated.action == "agent.separated"


def test_separated_it_goes_by_its_own_again(kept, typo, dora, make_conversation):
    past = make_conversation(agent=typo)
    merge(typo, kept, dora)
    separate_agent(agent=typo, by=dora)
    assert found(typo) == typo.id
    assert not move_merged_conversations(seconds=60)
    past.refresh_from_db()
    assert past.agent == kept


def test_what_a_worker_filed_under_it_meanwhile_is_moved_by_the_next_sweep(
    kept, typo, dora, make_conversation
):
    merge(typo, kept, dora)
    late = make_conversation(agent=typo)
    assert not move_merged_conversations(seconds=60)
    late.refresh_from_db()
    assert late.agent == kept


def test_what_a_worker_holds_is_left_to_the_next_sweep(
    kept, typo, dora, make_conversation
):
    held, free = make_conversation(agent=typo), make_conversation(agent=typo)
    merge_agents(merged=typo, kept=kept, by=dora)
    holding, let_go = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Conversation.objects.select_for_update().get(pk=held.pk)
            holding.set()
            let_go.wait(30)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert holding.wait(30)
    assert not move_merged_conversations(seconds=60)
    assert list(kept.conversations.all()) == [free]
    let_go.set()
    thread.join()
    assert not move_merged_conversations(seconds=60)
    assert kept.conversations.count() == 2


def test_merged_into_each_other_at_once_one_wins(kept, typo, dora):
    outcomes = at_once(
        lambda: merge_agents(merged=kept, kept=typo, by=dora),
        lambda: merge_agents(merged=typo, kept=kept, by=dora),
    )
    assert sorted(outcomes) == ["MergeConflict", "done"]
    assert found(typo) == found(kept)


def test_a_chain_made_at_once_leads_to_one_end(kept, typo, dora, make_agent):
    middle = make_agent(external_id="front_desk")
    outcomes = at_once(
        lambda: merge_agents(merged=typo, kept=middle, by=dora),
        lambda: merge_agents(merged=middle, kept=kept, by=dora),
    )
    assert "done" in outcomes
    targets = Agent.objects.exclude(merged_into=None).select_related("merged_into")
    assert [one.merged_into.merged_into_id for one in targets if one.merged_into] == [
        None
    ] * len(targets)


def test_renaming_and_merging_at_once_waits_for_each_other(kept, typo, dora):
    outcomes = at_once(
        lambda: change_agent(agent=kept, name="Reception", by=dora),
        lambda: merge_agents(merged=typo, kept=kept, by=dora),
    )
    assert outcomes == ["done", "done"]
    kept.refresh_from_db()
    assert kept.name == "Reception"


def at_once(*jobs):
    """What becomes of each: `done`, or the name of what it raised."""
    start = threading.Barrier(len(jobs))
    outcomes = {}

    def run(number, job):
        start.wait(30)
        try:
            job()
            outcomes[number] = "done"
        except MergeConflict as error:
            outcomes[number] = type(error).__name__
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=(number, job))
        for number, job in enumerate(jobs)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return [outcomes[number] for number in range(len(jobs))]
