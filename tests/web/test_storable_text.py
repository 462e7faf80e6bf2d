"""Text from outside, made fit to be stored."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from web.storable_text import (
    drop_unstorable,
    has_control_characters,
    is_storable,
    replace_unprintable,
    replace_unstorable,
)

BAD = "a\0b\ud800c\udfffd"
WELL = "a b\n\t\x85\u2028😀é\ufffd"


def test_what_postgres_cannot_hold_is_found():
    assert is_storable(WELL)
    assert not any(map(is_storable, ("\0", "\ud800", "\udbff", "\udc00", "\udfff")))


def test_it_is_replaced_or_dropped():
    assert replace_unstorable(BAD) == "a\ufffdb\ufffdc\ufffdd"
    assert replace_unstorable(BAD, half_pair="?") == "a\ufffdb?c?d"
    assert drop_unstorable(BAD) == "abcd"


@pytest.mark.parametrize("change", [replace_unstorable, drop_unstorable])
def test_all_else_is_left_alone(change):
    assert change(WELL) == WELL


def test_control_characters_are_those_of_unicode():
    for point in range(sys.maxunicode + 1):
        is_one = unicodedata.category(chr(point)) == "Cc"
        assert has_control_characters(chr(point)) == is_one


def test_what_shows_nothing_is_replaced():
    assert replace_unprintable("curl/8\x1b[2J\n é\u202e\ud800") == (
        "curl/8\ufffd[2J\ufffd é\ufffd\ufffd"
    )
