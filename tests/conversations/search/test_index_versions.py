"""Entries that earlier rules made: found by these, and made anew when there is time."""

import pytest
from django.db import connection

from conversations.models import SearchEntry, SearchJob
from conversations.search import lexemes, searched_text
from conversations.search.filters import Filters
from conversations.search.index_worker import index_batch
from conversations.search.page_search import Search

NOW = SearchEntry.VERSION


def said(text):
    return [{"role": "user", "content": text}]


def found(organization, text):
    rows = Search(organization, Filters(text=text)).next_older(None, 50)
    return [row.external_id for row in rows]


@pytest.fixture
def store(organization, make_conversation):
    """Return what stores a conversation with an entry as version 1 made it."""

    def make(text, *words):
        row = make_conversation(turns=said(text), applied_through=1)
        SearchJob.objects.all().delete()
        tag = lexemes.tag_of(organization.id)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO conversations_searchentry (conversation_id, words) "
                "VALUES (%s, array_to_tsvector(%s))",
                [row.id, [f"{tag}w{word}" for word in words]],
            )
        return row

    return make


def index_all():
    while index_batch():
        pass


def versions():
    entries = SearchEntry.objects.order_by("-conversation_id")
    return list(entries.values_list("version", flat=True))


@pytest.mark.parametrize(
    ("text", "words", "by_the_earlier", "only_by_the_later"),
    [
        ("Łódź", ["łodz"], "łódź", "lodz"),
        ("أحمد", ["أحمد"], "أحمد", "احمد"),
        ("예약을 취소하고", ["예약을", "취소하고"], "예약을 취소", "예약 취소"),
        ("٥١٨٢", ["٥١٨٢"], "٥١٨٢", "5182"),
        ("020 7946 0958", ["020", "7946", "0958"], "020 7946 0958", "2079460958"),
        ("INV\u20115182", ["inv", "5182"], "inv\u20115182", "inv5182x"[:-1]),
        ("ガス", ["ガス", "ス"], "ガス", "がす"),
        ("don't", ["don", "t", "dont"], "don't", None),
    ],
)
def test_an_entry_is_found_by_the_rules_that_made_it(
    organization, store, text, words, by_the_earlier, only_by_the_later
):
    row = store(text, *words)
    assert versions() == [1]
    assert found(organization, by_the_earlier) == [row.external_id]
    index_all()
    assert versions() == [SearchEntry.VERSION]
    assert found(organization, by_the_earlier) == [row.external_id]
    if only_by_the_later:
        assert found(organization, only_by_the_later) == [row.external_id]


def test_the_newest_are_made_anew_first_and_so_many_at_a_time(store):
    for _ in range(5):
        store("hello", "hello")
    assert index_batch(2) == 2
    assert versions() == [NOW, NOW, 1, 1, 1]
    assert index_batch(2) == 2
    assert versions() == [NOW, NOW, NOW, NOW, 1]
    index_all()
    assert versions() == [NOW] * 5
    assert not SearchJob.objects.exists()


def test_what_has_just_arrived_goes_before_them(store, make_conversation):
    store("hello", "hello")
    make_conversation(turns=said("new"), applied_through=1)
    assert index_batch(5) == 1
    assert versions() == [NOW, 1]
    assert index_batch(5) == 1
    assert versions() == [NOW, NOW]


def test_one_that_cannot_be_made_anew_keeps_its_entry_and_is_in_nobodys_way(
    organization, store, monkeypatch
):
    healthy = store("hello", "hello")
    poison = store("poison", "poison")
    said_before = searched_text.said

    def fragile(turns, prompt):
        if "poison" in turns[0]["content"]:
            raise ValueError("poison")
        return said_before(turns, prompt)

    monkeypatch.setattr(searched_text, "said", fragile)
    index_all()
    assert SearchJob.objects.get().conversation_id == poison.id
    assert SearchEntry.objects.get(conversation=healthy).version == NOW
    assert SearchEntry.objects.get(conversation=poison).version == 1
    assert found(organization, "poison") == [poison.external_id]


def test_where_nothing_is_left_it_costs_a_look_at_an_empty_index(store):
    store("hello", "hello")
    index_all()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT conversation_id FROM conversations_searchentry "
            "WHERE version < 3 ORDER BY conversation_id DESC LIMIT 9"
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "search_entry_outdated" in plan
