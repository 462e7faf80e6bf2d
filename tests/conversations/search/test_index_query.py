"""What the index is asked for, of what a search asks."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conversations.models import Conversation
from conversations.search import lexemes, page_search
from conversations.search.filters import Filters
from conversations.search.index_query import IndexQuery
from conversations.search.page_search import Search


def said(text):
    return [{"role": "user", "content": text}]


@pytest.fixture
def thirty(make_conversation, make_findable):
    """Everyone says `tomorrow`, one in ten `zebra`; who says `even` never says `odd`,
    and Ada alone says `even`."""
    for number in range(30):
        words = ["tomorrow", ["even", "odd"][number % 2]]
        words += ["zebra"] if number % 15 == 0 else []
        make_conversation(
            external_id=f"call-{number}",
            customer_name=["Ada", "Grace"][number % 2],
            version="v2" if number > 20 else "v1",
            turns=said(" ".join(words)),
        )
    make_findable()


@pytest.fixture
def asked(organization, thirty):
    """The words that the index is asked for."""

    def ask(**fields):
        filters = Filters(**fields)
        facts = lexemes.facts_query(organization.id, filters.facts())
        rows = Conversation.objects.in_organization(organization)
        words = filters.words_query(organization)
        assert words is not None
        question = IndexQuery(words, facts, rows)
        return question.shortened(), question.everything

    return ask


def test_a_beginning_alone_is_asked_for(asked):
    shortened, everything = asked(text="tomo")
    assert "tomo" in shortened
    assert shortened == everything


def test_a_common_beginning_is_left_out_beside_what_is_rare(asked):
    shortened, everything = asked(text="zebra tomo")
    assert "zebra" in shortened
    assert "tomo" not in shortened
    assert "tomo" in everything


def test_a_rare_beginning_is_asked_for(asked):
    shortened, everything = asked(text="tomorrow zeb")
    assert shortened == everything


def test_each_of_two_texts_has_a_beginning_to_leave_out(asked):
    shortened, _ = asked(text="zebra tomo", reference="cal")
    assert "zebra" in shortened
    assert "tomo" not in shortened
    assert "cal" not in shortened


def test_a_beginning_is_left_out_beside_a_rare_one(asked):
    shortened, _ = asked(text="zeb", reference="cal")
    assert "zeb" in shortened
    assert "cal" not in shortened


def test_common_beginnings_that_never_meet_are_both_asked_for(asked):
    shortened, everything = asked(text="od", reference="ada")
    assert shortened == everything


def test_of_many_that_the_walk_told_nothing_of_the_index_tells(
    organization, thirty, monkeypatch
):
    """The newest are of another version, so nothing is known of who says `odd` in it."""
    monkeypatch.setattr(page_search, "WALKED", 4)
    monkeypatch.setattr(page_search, "BOUND", 3)
    filters = Filters(text="even od", version="v1")
    with CaptureQueriesContext(connection) as queries:
        assert Search(organization, filters).next_older(None, 9) == []
    asked = [one["sql"] for one in queries if "@@" in one["sql"]]
    assert len(asked) == 2
    assert ["wod''" in one for one in asked] == [False, True]
