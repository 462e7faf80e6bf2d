from decimal import Decimal

import pytest

from conversations.formatting import clock, dollars, seconds, spell
from conversations.templatetags.figures import is_web_address


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "—"), (0.4, "0:00"), (5.9, "0:05"), (192, "3:12"), (3729, "1:02:09")],
)
def test_a_duration_reads_as_on_a_clock(value, text):
    assert clock(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (0.84, "0.8 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7200, "2 h"),
        (200_000, "2 d"),
    ],
)
def test_a_length_reads_in_one_unit(value, text):
    assert spell(value) == text


def test_exact_seconds_are_as_they_were_sent():
    assert [seconds(one) for one in (5.812, 5.89, 6.0)] == ["5.812 s", "5.89 s", "6 s"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        ("0", "$0.00"),
        ("1.5", "$1.50"),
        ("0.042300", "$0.0423"),
        ("0.000001", "$0.000001"),
        ("1234.56", "$1,234.56"),
    ],
)
def test_a_cost_has_cents_and_what_is_below_them(value, text):
    assert dollars(None if value is None else Decimal(value)) == text


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("https://example.org/a.ogg", True),
        ("http://example.org", True),
        ("HTTPS://EXAMPLE.ORG", True),
        ("javascript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("data:text/html,x", False),
        ("//example.org", False),
        ("https:///path", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_only_web_addresses_may_be_links(url, answer):
    assert is_web_address(url) is answer
