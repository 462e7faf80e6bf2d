"""What a spreadsheet makes of the cells, wherever it splits them."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.csv_cells import csv_text, json_cell, safe

FORMULAS = re.compile(
    '[\\s"\u200b-\u200f\u2060\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212]'
)
# Semicolons and tabs, quotes or none, by line or across lines.
SPLITS = (";", "\t")
BREAKS = re.compile("[\r\n\v\f\x85\u2028\u2029]")
WHAT_MATTERS = st.text(
    st.sampled_from(list("=+-@';\t\r\n\v\", \u00a0\ufeff\u2028\uff1dab1"))
)


def cells(text: str, separator: str) -> list[str]:
    """As a spreadsheet reads the file that splits at something else than commas."""
    return [
        cell
        for line in BREAKS.split(csv_text([["row", text, 1]]))
        for cell in line.split(separator)
    ]


def as_it_was(text: str) -> str:
    """What `docs/help/export.md` tells programs to do."""
    return re.sub("(^|[;\t\r\n\v\f\x85\u2028\u2029])'", r"\1", text)


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize(
    "text",
    [
        *(
            ";=1+1",
            "a;=cmd|' /C calc'!A0;b",
            "a\t=1",
            "a\r=1",
            "a\n=1",
            "a\r\n@SUM(A1)",
        ),
        *(
            "; =1",
            ';"=1"',
            ";\u00a0+1",
            ";\ufeff-1",
            ";\uff1d1",
            ";\uff0b1",
            ";\uff0d1",
        ),
        *(";\uff20a", "\ufe661", "\u22122", "\u200b=1", ";;=1", "\t;=1", "'=1", ";'=1"),
    ],
)
def test_no_cell_is_a_formula_wherever_it_is_split(text: str) -> None:
    for separator in SPLITS:
        assert [one for one in cells(text, separator) if FORMULAS.match(one)] == []
    ((_, kept, _),) = read(csv_text([["row", text, 1]]))
    assert not FORMULAS.match(kept)
    assert as_it_was(kept) == text


@given(WHAT_MATTERS)
def test_any_text_is_safe_and_can_be_had_back(text: str) -> None:
    for separator in SPLITS:
        assert [one for one in cells(text, separator) if FORMULAS.match(one)] == []
    assert as_it_was(safe(text)) == text


@given(st.text())
def test_a_program_reads_what_was_written(text: str) -> None:
    assert [as_it_was(cell) for (cell,) in read(csv_text([["n"], [text]]))[1:]] == [
        text
    ]


@pytest.mark.parametrize("text", ["", "a=b", "1-2", "O'Hara", "a; b", "a;b-c", "x\ny"])
def test_an_innocent_text_stays_as_it_is(text: str) -> None:
    assert safe(text) == text


@given(
    st.recursive(
        WHAT_MATTERS, lambda one: st.lists(one) | st.dictionaries(WHAT_MATTERS, one)
    )
)
def test_json_stays_json_and_is_safe(value: object) -> None:
    text = json_cell(value)
    assert json.loads(as_it_was(safe(text))) == value
    if isinstance(value, dict):
        assert json.loads(safe(text)) == value


def test_numbers_stay_numbers() -> None:
    assert csv_text([["a", -1, -2.5]]) == "a,-1,-2.5\r\n"
