"""Conversations that came late: their filter, at any size."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization
from conversations.models import Conversation
from conversations.search import page_search
from conversations.search.filters import Filters, narrow
from conversations.search.page_search import Search
from tests.conversations.conftest import NOON, MakeConversation, MakeFindable
from tests.integrations.expected_sessions.made import MakeSession

URL = "/org/acme/conversations"


def references(response: Any) -> list[str]:
    return [row.conversation.external_id for row in response.context["rows"]]


@pytest.fixture
def late_and_not(
    make_conversation: MakeConversation, make_session: MakeSession
) -> None:
    late = make_conversation(external_id="late")
    make_session(
        "arrived", conversation=late, arrived_at=late.created_at, came_late=True
    )
    on_time = make_conversation(external_id="on-time")
    make_session("arrived", conversation=on_time, arrived_at=on_time.created_at)
    make_conversation(external_id="not-expected")


def test_the_list_is_narrowed_to_what_came_late(
    bob_client: Client, late_and_not: None
) -> None:
    response = bob_client.get(f"{URL}?arrival=late")
    assert references(response) == ["late"]
    assert "Remove the filter Arrival: Came late" in response.content.decode()
    assert len(references(bob_client.get(URL))) == 3


def test_another_word_is_left_out_with_a_sentence(
    bob_client: Client, late_and_not: None
) -> None:
    response = bob_client.get(f"{URL}?arrival=early")
    assert len(references(response)) == 3
    assert "There is no arrival “early”" in response.content.decode()


def test_two_sessions_of_one_conversation_show_it_once(
    bob_client: Client, late_and_not: None, make_session: MakeSession
) -> None:
    late = Conversation.objects.get(external_id="late")
    make_session(
        "arrived", conversation=late, arrived_at=late.created_at, came_late=True
    )
    assert references(bob_client.get(f"{URL}?arrival=late")) == ["late"]


def test_an_export_has_the_same(bob_client: Client, late_and_not: None) -> None:
    response = bob_client.get(f"{URL}/export/file?format=csv&arrival=late")
    body = b"".join(response).decode()
    assert "late" in body
    assert "on-time" not in body


@pytest.fixture
def two_years(
    make_conversation: MakeConversation,
    make_session: MakeSession,
    make_findable: MakeFindable,
) -> None:
    """Sixty conversations over two years, several to a day, of which many came late."""
    dice = random.Random(11)  # noqa: S311 - no secret
    for _ in range(60):
        at = NOON - timedelta(days=dice.choice([0, 1, 2, 40, 41, 200, 400, 700]))
        made = make_conversation(
            [{"role": "user", "content": dice.choice(["hello order", "lamp"])}],
            version=dice.choice(["v1", "v2"]),
            created_at=at + timedelta(seconds=dice.choice([0, 0, 1, 7200])),
        )
        if dice.random() < 0.8:
            make_session(
                "arrived",
                conversation=made,
                arrived_at=made.created_at,
                came_late=dice.random() < 0.6,
            )
    make_findable()


@pytest.mark.parametrize(
    "filters",
    [
        Filters(came_late=True),
        Filters(came_late=True, version="v2"),
        Filters(came_late=True, text="order"),
        Filters(came_late=True, since=NOON - timedelta(days=100)),
    ],
)
def test_pages_are_those_that_testing_every_row_would_give(
    filters: Filters,
    two_years: None,
    organization: Organization,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # So that few rows need as many batches as many would.
    monkeypatch.setattr(page_search, "BOUND", 3)
    everything = Conversation.objects.in_organization(organization)
    fitting = narrow(everything, filters, organization=organization)
    expected = [(row.created_at, row.id) for row in fitting.newest_first()]
    assert len(expected) > 10
    search = Search(organization, filters)
    found: list[Any] = []
    while rows := search.next_older(found[-1] if found else None, 7):
        found += [(row.created_at, row.id) for row in rows]
    assert found == expected
    for newer, this in pairwise(expected):
        assert [(row.created_at, row.id) for row in search.next_newer(this, 1)] == [
            newer
        ]


@pytest.mark.parametrize(("query", "count"), [("", 13), ("?arrival=late", 14)])
def test_the_list_asks_no_more_than_before(
    bob_client: Client, late_and_not: None, query: str, count: int
) -> None:
    bob_client.get(f"{URL}{query}")
    with CaptureQueriesContext(connection) as queries:
        bob_client.get(f"{URL}{query}")
    assert len(queries) == count
    asked = any("expectedsession" in one["sql"] for one in queries)
    assert asked == bool(query)
