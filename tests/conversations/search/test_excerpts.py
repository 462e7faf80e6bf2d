import pytest

from conversations.search.excerpts import excerpt_of, excerpts
from conversations.search.tokenizer import asked_words


def turns(*texts):
    return [{"role": "user", "content": text} for text in texts]


def marked(question, *texts, prompt=""):
    excerpt = excerpt_of(turns(*texts), asked_words(question), prompt)
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
        ("東京", "明日 東京へ行く", "明日 [東京へ行く]"),
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


def test_the_system_prompt_is_not_shown():
    found = excerpt_of(
        [{"role": "system", "content": "order"}, *turns("my order")],
        asked_words("order"),
        "order",
    )
    assert found is not None and found.number == 2


def test_a_page_of_them_is_one_query_for_sizes_and_one_for_turns(
    make_conversation, django_assert_num_queries
):
    rows = [make_conversation(turns=turns("hello")) for _ in range(5)]
    with django_assert_num_queries(2):
        found = excerpts([row.id for row in rows], "hello")
    assert len(found) == 5


def test_transcripts_that_are_too_large_for_a_page_are_left_out(
    make_conversation, monkeypatch
):
    monkeypatch.setattr("conversations.search.excerpts.MAX_BYTES_OF_A_PAGE", 300)
    small = make_conversation(turns=turns("hello"))
    large = make_conversation(turns=turns("hello", *(f"word {n}" for n in range(999))))
    assert set(excerpts([small.id, large.id], "hello")) == {small.id}
