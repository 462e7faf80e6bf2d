"""What of a transcript is searched, where there is more than there is room for."""

import pytest

from conversations.models import SearchEntry
from conversations.search import searched_text, tokenizer
from conversations.search.excerpts import excerpts
from conversations.search.filters import Filters
from conversations.search.page_search import Search
from conversations.search.searched_text import fair_share, said


def turn(role, content, **more):
    return {"role": role, "content": content, **more}


def long_text(characters, word="row"):
    """Different words, as a table has them."""
    words = (f"{word}{chr(97 + n % 26)}{n}" for n in range(characters // 5))
    return " ".join(words)[:characters]


@pytest.fixture
def found(organization, make_conversation, make_findable):
    """Index one conversation, and return what tells whether a text is found in it, with
    the conversation."""

    def store(*turns):
        row = make_conversation(turns=list(turns))
        make_findable()

        def is_found(text):
            return row in Search(organization, Filters(text=text)).next_older(None, 9)

        return is_found, row

    return store


def test_what_is_said_after_a_long_result_of_a_tool_is_found(found):
    is_found, row = found(
        turn("user", "Where is my order?"),
        turn("tool", long_text(260_000), toolName="list_orders"),
        turn("user", "Then cancel my subscription"),
    )
    assert is_found("cancel my subscription")
    assert is_found("order")
    assert is_found("list_orders")
    assert is_found("rowa0")
    excerpt = excerpts([row.id], "cancel subscription")[row.id]
    assert excerpt.number == 3
    assert any(piece.is_hit for piece in excerpt.pieces)


def test_no_tool_takes_the_room_of_another(found):
    is_found, _row = found(
        turn("tool", long_text(400_000), toolName="first"),
        turn("tool", long_text(400_000, "line"), toolName="second"),
        turn("tool", '{"status": "shipped"}', toolName="third"),
    )
    for text in ("first", "second", "third", "shipped", "rowa0", "linea0"):
        assert is_found(text), text


def test_nobody_takes_the_room_of_another(found):
    is_found, _row = found(
        turn("user", long_text(1_500_000)),
        turn("assistant", "I hear you"),
        turn("user", long_text(1_500_000, "line")),
        turn("user", "cancel my subscription"),
        turn("tool", "refunded"),
    )
    for text in ("i hear you", "cancel my subscription", "refunded", "rowa0", "linea0"):
        assert is_found(text), text


def test_signs_that_are_pairs_leave_room_for_others(found):
    """Of Chinese each sign is a word of its own in the index: that is full sooner."""
    pairs = "".join(chr(0x4E00 + n * 7919 % 20_000) for n in range(150_000))
    is_found, _row = found(
        turn("user", pairs),
        turn("tool", pairs[::-1], toolName="table"),
        turn("user", "取消订阅"),
        turn("tool", "退款"),
    )
    for text in ("取消订阅", "退款", pairs[:6], "table"):
        assert is_found(text), text


@pytest.mark.parametrize(
    "text",
    ["1 2 3 4 5 6 7 8 9 " * 20_000, "five oh two " * 30_000, "0123456789" * 30_000],
)
def test_numbers_without_end_leave_room_for_others(found, text):
    is_found, _row = found(
        turn("user", "hello"),
        turn("tool", text),
        turn("user", text),
        turn("user", "cancel my subscription"),
    )
    assert is_found("hello cancel subscription")


def test_other_turns_of_the_system_share_the_room_of_tools(found):
    is_found, _row = found(
        turn("system", long_text(300_000)),
        turn("developer", "Handed over to billing"),
        turn("user", "cancel it"),
    )
    assert is_found("handed billing")
    assert is_found("cancel")


def test_what_fits_is_searched_as_a_whole(found):
    _is_found, row = found(turn("user", "hello"), turn("tool", long_text(20_000)))
    entry = SearchEntry.objects.get(conversation=row)
    assert (entry.said_limit, entry.tools_limit) == (None, None)


def test_what_is_cut_is_told_by_the_page(found, bob_client):
    _is_found, row = found(
        turn("user", "hello"),
        turn("tool", long_text(250_000)),
        turn("user", "goodbye"),
    )
    entry = SearchEntry.objects.get(conversation=row)
    assert entry.said_limit is None
    assert entry.tools_limit is not None
    page = bob_client.get(f"/org/acme/conversations/{row.id}")
    told = f"the first {entry.tools_limit:,} characters of each tool turn"
    assert told in page.content.decode()


def test_a_page_says_nothing_where_nothing_is_cut(found, bob_client):
    _is_found, row = found(turn("user", "hello"))
    page = bob_client.get(f"/org/acme/conversations/{row.id}")
    assert "Search looks at" not in page.content.decode()


@pytest.mark.parametrize(
    ("sizes", "room", "share"),
    [
        ([], 10, None),
        ([3, 4, 3], 10, None),
        ([3, 9], 10, 7),
        ([9, 9], 10, 5),
        ([1, 9, 9], 10, 4),
        ([100] * 3, 2, 0),
    ],
)
def test_a_room_is_shared_so_that_short_ones_are_whole(sizes, room, share):
    assert fair_share(sizes, room) == share


def test_a_typical_transcript_is_cut_into_words_once(monkeypatch):
    calls = []

    def counted(text):
        calls.append(text)
        return tokenizer.words_in(text)

    monkeypatch.setattr(searched_text, "words_in", counted)
    said([turn("user", "hello"), turn("assistant", "hi")], "").words()
    assert len(calls) == 1
