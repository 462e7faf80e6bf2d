"""The same through the database: what is typed finds what was said, and who called."""

import pytest

from conversations.search.excerpts import excerpts
from conversations.search.filters import Filters
from conversations.search.page_search import Search
from tests.conversations.search import test_letters, test_numbers

PAIRS = [*test_letters.ALIKE, *test_numbers.ALIKE]


def test_what_was_said_is_found_and_shown(
    organization, make_conversation, make_findable
):
    rows = [
        make_conversation(turns=[{"role": "user", "content": text}])
        for _, text in PAIRS
    ]
    make_findable()
    for row, (asked, text) in zip(rows, PAIRS, strict=True):
        found = Search(organization, Filters(text=asked)).next_older(None, 400)
        assert row in found, (asked, text)
        excerpt = excerpts([row.id], asked)[row.id]
        assert any(piece.is_hit for piece in excerpt.pieces), (asked, text)


@pytest.mark.parametrize(
    ("number", "asked"),
    [
        (
            test_numbers.UK,
            ["020 7946 0958", "7946 0958", "+44 20 7946 0958", "0958", "4420794"],
        ),
        (
            test_numbers.US,
            ["(555) 010-2030", "010 2030", "+1 555 010 2030", "2030", "1 555"],
        ),
        ("(555) 010-2030", [test_numbers.US, "5550102030", "1-555-010-2030", "2030"]),
        ("020 7946 0958", [test_numbers.UK, "2079460958", "7946 0958"]),
        ("\u202a+44 20 7946 0958\u202c", [test_numbers.UK, "020 7946 0958"]),
        ("tel:+44-20-7946-0958", [test_numbers.UK, "020 7946 0958"]),
        ("sip:+15550102030@trunk.example.org", [test_numbers.US, "(555) 010-2030"]),
        ("٠٢٠٧٩٤٦٠٩٥٨", [test_numbers.UK, "020 7946 0958"]),
        ("+49 1234 56789", ["01234 56", "01234 56789", "+49 1234"]),
    ],
)
def test_a_customer_is_found_by_their_number(
    organization, make_conversation, make_findable, number, asked
):
    row = make_conversation(customer_number=number)
    make_conversation(customer_number="+12079460959")
    make_findable()
    for text in asked:
        for filters in (Filters(text=text), Filters(reference=text)):
            found = Search(organization, filters).next_older(None, 9)
            assert found == [row], text


def test_a_number_in_the_reference_is_found(
    organization, make_conversation, make_findable
):
    """A room for each caller is named so by LiveKit's dispatch rules."""
    row = make_conversation(external_id="call-_+15550102030_x8FqT3")
    make_findable()
    for text in (test_numbers.US, "(555) 010-2030", "010-2030", "call-_+1555"):
        found = Search(organization, Filters(reference=text)).next_older(None, 9)
        assert found == [row], text
