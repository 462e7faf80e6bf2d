"""Numbers as people write and say them."""

# ruff: noqa: RUF001 - that digits look alike is the point
import pytest

from conversations.search.highlighting import Highlighter
from tests.conversations.search.finding import finds

UK, US = "+442079460958", "+15550102030"
ALIKE = [
    # What is asked for, and how a turn or the customer has it.
    *[(asked, UK) for asked in ("020 7946 0958", "7946 0958", "+44 20 7946 0958")],
    *[(asked, UK) for asked in ("02079460958", "(020) 7946-0958", "020.7946.0958")],
    *[(asked, UK) for asked in ("0044 20 7946 0958", "+44 (0)20 7946 0958")],
    *[(asked, UK) for asked in ("011 44 20 7946 0958", "0011 44 20 7946 0958")],
    *[(asked, UK) for asked in ("442079460958", "020 79", "+44 20", "7946\u00a00958")],
    ("\u202a+44 20 7946 0958\u202c", UK),
    ("０２０ ７９４６ ０９５８", UK),
    ("٠٢٠ ٧٩٤٦ ٠٩٥٨", UK),
    *[(asked, US) for asked in ("(555) 010-2030", "555-010-2030", "010-2030")],
    *[(asked, US) for asked in ("1 555 010 2030", "1-555-010-2030", "5550102030")],
    *[(asked, US) for asked in ("+1 (555) 010-2030", "1.555.010.2030")],
    # Without a country in the text, with one in the question.
    (UK, "it is 020 7946 0958"),
    (UK, "it is (020) 7946 0958, thanks"),
    (US, "call (555) 010-2030 now"),
    (US, "call 555 010 2030"),
    ("15550102030", "call 555 010 2030"),
    ("0044 20 7946 0958", "02079460958"),
    # Both with one.
    ("020 7946 0958", "it is +44 (0)20 7946 0958."),
    ("020 7946 0958", "from 0044 20 7946 0958"),
    ("020 7946 0958", "\u202a+44 20 7946 0958\u202c"),
    ("020 7946 0958", "tel:+44-20-7946-0958"),
    ("020 7946 0958", "sip:+442079460958@trunk.example.org"),
    ("020 7946 0958", "call-_+442079460958_x8Fq"),
    ("020 7946 0958", '{"phone": "+442079460958"}'),
    ("0958 refund", "a refund to 02079460958"),
    ("030 1234567", "030/1234567"),
    # Other countries' ways.
    ("01234 56", "+49 1234 56789"),
    ("0172", "+49 172 1234567"),
    ("+49 172", "0172 1234567"),
    ("06 12 34 56 78", "+33612345678"),
    ("06 1234 5678", "+39 06 1234 5678"),
    ("+39 06 1234 5678", "06 1234 5678"),
    ("8 (916) 123-45-67", "+79161234567"),
    ("06 1 234 5678", "+3612345678"),
    ("98765 43210", "+91 9876543210"),
    ("+977 9841234567", "9841234567"),
    # Beside other words and numbers.
    ("020 7946 0958 refund", "a refund to +44 20 7946 0958, please"),
    ("refund 020 7946 0958", "a refund to +44 20 7946 0958, please"),
    ("020 7946 0958", "it is 020 7946 0958 2 times"),
    ("7946 0958", "0207 946 0958, 07700 900123"),
    ("020 7946 0958", "at 5, 020 7946 0958"),
    # Said one by one.
    ("020 7946 0958", "oh two oh, seven nine four six, oh nine five eight"),
    ("020 7946 0958", "Zero two zero seven nine four six zero nine five eight."),
    ("5557788", "five double five double seven double eight"),
    ("5182", "order five one eight two, please"),
    ("5182", "order 5 1 8 2, please"),
    ("5182", "order five-one-eight-two"),
    ("5550102030", "five five five 010 2030"),
    (
        "718-555-1212",
        "please call me back at seven one eight five five five one two one two",
    ),
    ("542 129 7065", "five four two one two nine seven zero six five"),
    # Amounts and numbers of other places.
    ("1299", "that is $1,299.50"),
    ("1,299.50", "1299.50"),
    ("1.299,50", "$1,299.50"),
    ("1299 refund", "a refund of $1,299.50"),
    ("1299", "1.299,50 €"),
    ("1299", "1 299,50 €"),
    ("1299", "1\u202f299,50 €"),
    ("1299", "CHF 1’299.50"),
    ("1.299,00", "1299"),
    ("1234567", "₹12,34,567.00"),
    ("1234567", "1.234.567"),
    ("1299", "١٬٢٩٩٫٥٠"),
    # Order and card numbers.
    ("5182 9944", "5182-9944"),
    ("51829944", "5182 9944"),
    ("4111111111111111", "4111 1111 1111 1111"),
    ("1111", "4111 1111 1111 1111"),
    ("3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00"),
    ("2026-11-29", "on 2026-11-29"),
]


@pytest.mark.parametrize(("question", "text"), ALIKE)
def test_it_finds_the_number(question, text):
    assert finds(question, text)


@pytest.mark.parametrize(("question", "text"), ALIKE)
def test_what_it_finds_is_marked(question, text):
    assert Highlighter(question).are_in(text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("020 7946 0959", UK),
        ("7946 0959", UK),
        ("+44 20 7946 0958", "+1 207 946 0958"),
        ("+1 207 946 0958", UK),
        ("0800 123 456", "0800 123 457"),
        ("5183", "order five one eight two"),
        ("12", "one or two"),
        ("2999", "$1,299.50"),
        ("0042", "42 days"),
    ],
)
def test_another_number_is_not_found(question, text):
    assert not finds(question, text)


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("7946 0958", "at 020 7946 0958, ok", "at 020 [7946 0958], ok"),
        (US, "it is (555) 010-2030.", "it is [(555) 010-2030]."),
        ("5182", "order five one eight two, ok", "order [five one eight two], ok"),
        ("5557788", "5 double five 77 double 8 x", "[5 double five 77 double 8] x"),
        ("1299", "1 299,50 €", "[1 299],50 €"),
        ("inv5182", "INV\u20115182, INV 5182", "[INV\u20115182,] INV 5182"),
    ],
)
def test_it_marks_the_digits_of_the_number(question, text, expected):
    pieces = Highlighter(question).pieces(text)
    marked = "".join(f"[{one.text}]" if one.is_hit else one.text for one in pieces)
    assert marked == expected
