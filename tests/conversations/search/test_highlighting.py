import pytest

from conversations.search import letters, matching, tokenizer
from conversations.search.highlighting import Highlighter

NASTY = "<script>alert(1)</script>"


def shown(question, text):
    pieces = Highlighter(question).pieces(text)
    return "".join(f"[{one.text}]" if one.is_hit else one.text for one in pieces)


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("missing order", "My order\n\nis missing.", "My [order]\n\nis [missing.]"),
        ("ord", "Orders, reordered", "[Orders,] reordered"),
        ("cafe", "Im CAFÉ, bitte", "Im [CAFÉ,] bitte"),
        ("check-in", "to check in", "to [check] [in]"),
        ("check-in", "At check-in, in time", "At [check-in,] in time"),
        ("check-in", "in time", "in time"),
        ("東京", "明日東京へ行く", "明日[東京]へ行く"),
        ("طلب", "أين طلب اليوم", "أين [طلب] اليوم"),
        ("nothing", "to see", "to see"),
        ("!!", "a ! b", "a ! b"),
    ],
)
def test_it_marks_what_the_search_finds_and_keeps_all_else(question, text, expected):
    assert shown(question, text) == expected


def test_what_it_marks_is_escaped():
    html = Highlighter("script").html(f"{NASTY} & <b>")
    assert html == (
        "<mark>&lt;script&gt;alert(1)&lt;/script&gt;</mark> &amp; &lt;b&gt;"
    )


def turn(role, content, **fields):
    return {"role": role, "content": content, **fields}


def test_the_page_marks_the_words_in_all_turns(bob_client, make_conversation):
    conversation = make_conversation(
        turns=[
            turn("user", f"My order {NASTY}"),
            turn("assistant", "Nothing of it"),
            turn("user", "That order again"),
        ]
    )
    url = f"/org/acme/conversations/{conversation.id}"
    content = bob_client.get(url, {"q": "order", "at": "3"}).content.decode()
    assert content.count("<mark>order</mark>") == 2
    assert "Nothing of it" in content
    assert NASTY not in content
    assert "<mark>" not in bob_client.get(url).content.decode()


def test_a_tool_unfolds_where_it_was_hit(bob_client, make_conversation):
    conversation = make_conversation(
        turns=[
            turn(
                "tool", "", kind="call", toolCallId="1", toolName="look", arguments={}
            ),
            turn("tool", "a lamp", kind="result", toolCallId="1"),
        ]
    )
    url = f"/org/acme/conversations/{conversation.id}"
    content = bob_client.get(url, {"q": "lamp"}).content.decode()
    assert '<details class="z-tool" open>' in content
    assert "a <mark>lamp</mark>" in content
    other = bob_client.get(url, {"q": "sofa"}).content.decode()
    assert '<details class="z-tool">' in other


def test_an_excerpt_leads_to_its_turn_with_the_words(
    bob_client, make_conversation, make_findable
):
    conversation = make_conversation(turns=[turn("user", "Hi"), turn("user", "a lamp")])
    make_findable()
    content = bob_client.get("/org/acme/conversations", {"q": "lamp"}).content.decode()
    assert (
        f'href="/org/acme/conversations/{conversation.id}?q=lamp&amp;at=2#turn-2"'
        in content
    )


def test_marking_a_script_without_spaces_takes_time_that_grows_with_the_text(
    monkeypatch,
):
    """One turn of 900 KB, and as many words as a question may have."""
    question = "".join(chr(0x4E00 + number) for number in range(255))
    normalized, normalize = [], letters.normalize

    def counted(text):
        normalized.append(len(text))
        return normalize(text)

    for module in (tokenizer, matching):
        monkeypatch.setattr(module, "normalize", counted)
    text = question[:-1] * 1_200
    (hit,) = Highlighter(question).pieces(text)
    assert hit.is_hit
    # Once to be cut into words, once to find the places of its signs.
    assert sum(normalized) <= 2 * len(text) + 2 * len(question)


def test_signs_that_normalizing_makes_longer_or_shorter_are_marked_in_their_place():
    assert shown("ガス", "㍻はｶﾞｽとガスと㌔") == "㍻は[ｶﾞｽ]と[ガス]と㌔"
    assert shown("平成", "これは㍻の年") == "これは[㍻]の年"


def test_signs_that_overlap_are_marked_together():
    assert shown("東京都", "明日東京都へ、京都へ") == "明日[東京都]へ、[京都]へ"
