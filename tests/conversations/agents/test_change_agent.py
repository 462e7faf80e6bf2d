"""Renaming, describing and retiring an agent."""

import pytest

from accounts.models import AuditEntry
from conversations.agents.actions import bring_back_agent, change_agent, retire_agent


@pytest.fixture
def agent(make_agent):
    return make_agent(name="Front desk", external_id="front-desk", named_by_sequence=7)


def entries():
    return [
        (entry.action, entry.subject, entry.detail)
        for entry in AuditEntry.objects.order_by("id")
    ]


def test_a_person_names_it(agent, dora):
    change_agent(agent=agent, name=" Reception ", by=dora)
    agent.refresh_from_db()
    assert (agent.name, agent.named_by_sequence) == ("Reception", None)
    assert entries() == [
        ("agent.renamed", "Reception", {"id": str(agent.id), "before": "Front desk"})
    ]


def test_what_is_not_given_stays(agent, dora):
    change_agent(agent=agent, type="human", by=dora)
    agent.refresh_from_db()
    assert (agent.name, agent.named_by_sequence) == ("Front desk", 7)
    assert entries() == [
        (
            "agent.changed",
            "Front desk",
            {"id": str(agent.id), "changed": {"type": ["ai", "human"]}},
        )
    ]


def test_what_is_the_same_changes_nothing(agent, dora):
    change_agent(agent=agent, name="Front desk", description="", type="ai", by=dora)
    before = agent.updated_at
    agent.refresh_from_db()
    assert (agent.named_by_sequence, agent.updated_at) == (7, before)
    assert entries() == []


def test_it_notes_the_key_of_a_program(agent, make_key, organization):
    key, _ = make_key(organization)
    change_agent(agent=agent, description="At the door", by=None, key=key)
    assert AuditEntry.objects.get().key == key


def test_it_is_retired_once_and_brought_back_once(agent, dora):
    retire_agent(agent=agent, by=dora)
    first = agent.retired_at
    assert first
    retire_agent(agent=agent, by=dora)
    assert agent.retired_at == first
    bring_back_agent(agent=agent, by=dora)
    bring_back_agent(agent=agent, by=dora)
    agent.refresh_from_db()
    assert agent.retired_at is None
    assert [action for action, _, _ in entries()] == ["agent.retired", "agent.restored"]
