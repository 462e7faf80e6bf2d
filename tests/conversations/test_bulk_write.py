"""Rows that go to the database as one document are the same as one by one."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from accounts.models import Organization
from conversations import bulk_write
from conversations.models import Agent, Charge, Conversation

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 3, 29, 1, 59, 59, 999_999, tzinfo=UTC)
UNIQUE = ["organization_id", "provider", "external_id"]


def conversation(agent: Agent, external_id: str, **values: object) -> Conversation:
    return Conversation(
        organization_id=agent.organization_id,
        agent=agent,
        provider="zelto",
        external_id=external_id,
        created_at=MOMENT,
        **values,
    )


@pytest.fixture
def agent(organization: Organization) -> Agent:
    return Agent.objects.create(
        organization=organization, provider="zelto", external_id="front-desk"
    )


def test_every_kind_of_value_comes_back_as_it_was(agent: Agent) -> None:
    text = 'quotes " and \\ and {,} and NULL, 日本語, עברית, \u2028 and \U0001f600'
    sent = conversation(
        agent,
        text,
        started_at=MOMENT,
        duration_seconds=0.1 + 0.2,
        cost=Decimal("123456789012.123456"),
        metadata={"a": [None, True, -1.5e-7, {"b": text}]},
        turn_count=3,
        has_transcript=True,
    )

    assert bulk_write.insert_missing([sent], unique=UNIQUE) == {sent.id}

    found = Conversation.objects.get()
    for field in Conversation._meta.concrete_fields:
        assert getattr(found, field.attname) == getattr(sent, field.attname)


def test_bytes_come_back_as_they_were(organization: Organization) -> None:
    charge = Charge(
        organization=organization,
        meter=Charge.Meter.CALLS,
        subject=bytes(range(256)),
        quantity=Decimal(1),
        charged_at=MOMENT,
    )

    unique = ["organization_id", "meter", "subject"]
    assert bulk_write.insert_missing([charge], unique=unique) == {charge.id}
    assert bulk_write.insert_missing([charge], unique=unique) == set()

    assert bytes(Charge.objects.get().subject) == bytes(range(256))


def test_what_is_there_stays_and_is_not_named(agent: Agent) -> None:
    first = conversation(agent, "call-1", ended_reason="hung up")
    again = conversation(agent, "call-1", ended_reason="other")
    new = conversation(agent, "call-2")
    bulk_write.insert_missing([first], unique=UNIQUE)

    assert bulk_write.insert_missing([again, new], unique=UNIQUE) == {new.id}
    assert Conversation.objects.get(external_id="call-1").ended_reason == "hung up"


def test_an_update_sets_the_named_fields_alone(agent: Agent) -> None:
    row = conversation(agent, "call-1", ended_reason="hung up", version="1")
    bulk_write.insert_missing([row], unique=UNIQUE)
    row.ended_reason, row.version = "transferred", "2"

    bulk_write.insert_or_update([row], fields=["ended_reason"])

    row.refresh_from_db()
    assert (row.ended_reason, row.version) == ("transferred", "1")


def test_large_rows_go_in_several_documents(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_write, "DOCUMENT_CHARACTERS", 2_000)
    rows = [
        conversation(agent, f"call-{n}", metadata={"text": "x" * 900}) for n in range(5)
    ]

    documents = list(
        bulk_write._documents(rows, list(Conversation._meta.concrete_fields))
    )

    assert [document.count('"call-') for document in documents] == [1] * 5
    inserted = bulk_write.insert_missing(rows, unique=UNIQUE)
    assert inserted == {row.id for row in rows}
    assert Conversation.objects.count() == 5


def test_nothing_to_write_asks_nothing(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert bulk_write.insert_missing([], unique=UNIQUE) == set()
        bulk_write.insert_or_update([], fields=["version"])
