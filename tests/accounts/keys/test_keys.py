import re
import zlib

import pytest

from accounts import keys


def test_it_makes_a_key_of_the_promised_shape():
    key = keys.generate_key()
    assert re.fullmatch(r"zelto_[0-9A-Za-z]{43}[0-9A-Za-z]{6}", key)
    assert keys.is_well_formed(key)


def test_it_never_makes_the_same_key_twice():
    assert len({keys.generate_key() for _ in range(1000)}) == 1000


def test_it_ends_in_the_crc32_of_all_that_precedes():
    key = keys.generate_key()
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    number = 0
    for digit in key[-6:]:
        number = number * 62 + digits.index(digit)
    assert number == zlib.crc32(key[:-6].encode())


@pytest.mark.parametrize("place", [0, 6, 20, 48, 54])
def test_it_notices_one_wrong_character(place):
    key = keys.generate_key()
    other = "x" if key[place] != "x" else "y"
    assert not keys.is_well_formed(key[:place] + other + key[place + 1 :])


@pytest.mark.parametrize(
    "text", ["", "zelto_", "zelto_" + "a" * 50, "ZELTO_" + "a" * 49]
)
def test_it_refuses_another_shape(text):
    assert not keys.is_well_formed(text)
