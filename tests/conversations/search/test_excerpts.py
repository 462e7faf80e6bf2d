import tracemalloc

import pytest

from conversations.search.excerpts import excerpt_of, excerpts
from conversations.search.matching import Matcher

KILOBYTE = 1024


def turns(*texts):
    return [{"role": "user", "content": text} for text in texts]


def marked(question, *texts):
    excerpt = excerpt_of(enumerate(texts, start=1), Matcher(question))
    if excerpt is None:
        return None
    text = "".join(f"[{p.text}]" if p.is_hit else p.text for p in excerpt.pieces)
    return excerpt.number, text


def test_the_turn_with_most_of_the_words_is_shown():
    assert marked("missing order", "An order?", "My order is missing.", "order") == (
        2,
        "My [order] is [missing.]",
    )


def test_the_last_word_may_only_begin_one():
    assert marked("my ord", "It is my order") == (1, "It is [my] [order]")
    assert marked("ord mi", "Orders are mine") == (1, "Orders are [mine]")


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("cafe", "Im CAFÉ, bitte", "Im [CAFÉ,] bitte"),
        ("check-in", "At check-in now", "At [check-in] now"),
        ("check-in", "to check in", "to [check] [in]"),
        ("東京", "明日 東京へ行く", "明日 [東京]へ行く"),
    ],
)
def test_it_marks_what_the_search_found(question, text, expected):
    assert marked(question, text) == (1, expected)


def test_a_name_or_a_reference_needs_no_excerpt():
    assert marked("lovelace", "Hello") is None


def test_a_long_turn_is_cut_around_its_first_hit():
    number, text = marked("lamp", "word " * 500 + "lamp " + "word " * 500)
    assert number == 1
    assert text.startswith("…") and text.endswith("…")
    assert "[lamp]" in text
    assert len(text) < 300


def test_a_word_that_is_as_long_as_the_turn_is_cut():
    _, text = marked("lampe", "lampe" * 10_000)
    assert len(text) < 500


def test_of_a_sentence_without_spaces_the_signs_are_marked():
    _, text = marked("東京", "明日" * 10_000 + "東京へ行く" * 10_000)
    assert "明日[東京]へ行く" in text
    assert len(text) < 600


@pytest.mark.django_db
def test_the_system_prompt_is_not_shown(make_conversation):
    prompt = {"role": "system", "content": "order"}
    row = make_conversation(turns=[prompt, *turns("my order")], system_prompt="order")
    assert excerpts([row.id], "order")[row.id].number == 2


def test_a_page_of_them_is_one_query(make_conversation, django_assert_num_queries):
    rows = [make_conversation(turns=turns("hello")) for _ in range(5)]
    with django_assert_num_queries(1):
        found = excerpts([row.id for row in rows], "hello")
    assert len(found) == 5


def test_a_page_looks_through_so_much_and_no_more(make_conversation, monkeypatch):
    monkeypatch.setattr("conversations.search.excerpts.MAX_PAGE_CHARACTERS", 300)
    first = make_conversation(turns=turns("hello"))
    large = make_conversation(turns=turns(*(f"word {n}" for n in range(999)), "hello"))
    last = make_conversation(turns=turns("hello"))
    ids = [first.id, large.id, last.id]
    assert set(excerpts(ids, "hello")) == {first.id}


def test_a_page_of_the_largest_transcripts_takes_little_memory(make_conversation):
    """Well compressed, they are a few kilobytes each in the database."""
    text = "word " * 1_000
    many = turns(*[text] * 1_000, "hello")
    rows = [make_conversation(turns=many, external_id=f"RM_{n}") for n in range(20)]
    ids = [row.id for row in rows]
    excerpts(ids[:1], "word")
    tracemalloc.start()
    try:
        assert excerpts(ids, "hello") == {}
        assert len(excerpts(ids, "word")) == 20
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 * KILOBYTE * KILOBYTE
