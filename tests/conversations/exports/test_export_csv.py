"""CSV that a spreadsheet and a program read as it was meant."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.conversations.conftest import NOON
from tests.conversations.exports.downloads import read_csv
from web.csv_cells import safe

JUDGED = {
    "outcome": {"outcome": "fail", "reason": "The caller gave up."},
    "evaluations": [{"name": "tone", "verdict": "pass", "reasoning": "Kind."}],
    "tags": ["lk.fail", "vip", "a, b"],
}


def test_a_csv_has_all_that_the_list_shows(export, make_conversation):
    row = make_conversation(
        external_id="RM_9f",
        customer_name="Ada L.",
        customer_number="555",
        started_at=NOON,
        ended_at=NOON + timedelta(seconds=192),
        duration_seconds=192.4,
        ended_reason="participant_disconnected",
        cost=Decimal("0.0423"),
        version="v12",
        turn_count=14,
        has_audio=True,
        outcome="fail",
        metadata={"campaign": "spring", "tries": 3, **JUDGED},
    )
    (found,) = read_csv(export())
    assert json.loads(found.pop("metadata")) == row.metadata
    assert found == {
        "id": str(row.id),
        "reference": "RM_9f",
        "name": "Ada L.",
        "number": "555",
        "agent_id": str(row.agent_id),
        "agent": "Front desk",
        "source": "livekit",
        "started_at": "2026-11-22T12:00:00Z",
        "ended_at": "2026-11-22T12:03:12Z",
        "duration_seconds": "192.4",
        "ended_reason": "participant_disconnected",
        "cost": "0.042300",
        "version": "v12",
        "outcome": "fail",
        "outcome_reason": "The caller gave up.",
        "evaluations": '[{"name": "tone", "verdict": "pass", "reason": "Kind."}]',
        "tags": '["vip", "a, b"]',
        "turns": "14",
        "has_transcript": "false",
        "has_audio": "true",
        "is_test": "false",
        "arrived_at": "2026-11-22T12:01:00Z",
        "updated_at": "2026-11-22T12:01:00Z",
    }


def test_what_is_not_known_is_an_empty_cell(export, make_conversation):
    make_conversation()
    (found,) = read_csv(export())
    empty = {name for name, value in found.items() if value == ""}
    assert empty == {
        *("name", "number", "started_at", "ended_at", "duration_seconds"),
        *("ended_reason", "cost", "version", "metadata"),
        *("outcome", "outcome_reason", "evaluations", "tags"),
    }


TEXTS = [
    "مرحبا، \u202bعميل\u202c",
    "東京の顧客, 二行目\r\nです",
    'said "no"; then; left\n\n',
    "a\rb",
    "😀\u2028e\u0301",
    "comma, and ' apostrophe",
    "=1+1",
    "\tTab",
    "'already",
]


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_comes_back_as_it_was(export, make_conversation, text):
    make_conversation(customer_name=text, metadata={"note": text})
    (found,) = read_csv(export(columns="metadata.note"))
    cells = [found["name"], found["metadata.note"]]
    assert [cell.removeprefix("'") if cell[0] == "'" else cell for cell in cells] == [
        text,
        text,
    ]
    assert json.loads(found["metadata"]) == {"note": text}


@pytest.mark.parametrize(
    "text",
    [
        *('=HYPERLINK("http://x","y")', "+1 555 0100", "-2+3", "@SUM(A1)"),
        *(
            "\t=1",
            "\r=1",
            "\n=1",
            " =1",
            "\uff1d1",
            "\uff0b1",
            "\uff0d1",
            "\uff20a",
            "'=1",
            ";=1",
        ),
    ],
)
def test_nothing_begins_as_a_formula_does(export, make_conversation, text):
    make_conversation(
        external_id=text,
        customer_name=text,
        customer_number=text,
        ended_reason=text,
        version=text,
        metadata={"note": text},
    )
    (found,) = read_csv(export(columns="metadata.note"))
    for name in ("reference", "name", "number", "ended_reason", "version"):
        assert found[name].startswith("'"), name
        assert found[name] == safe(text), name
    assert found["metadata.note"] == safe(text)


@pytest.mark.parametrize("text", ["", "a=b", "1-2", "Ada", "5", "O'Hara"])
def test_an_innocent_text_stays_as_it_is(text):
    assert safe(text) == text


def test_each_row_ends_as_the_rfc_says(export, make_conversation):
    make_conversation()
    body = export()
    assert body.count(b"\r\n") == body.count(b"\n") == 2


def test_a_metadata_key_gets_a_column(export, make_conversation):
    make_conversation(metadata={"campaign": "spring", "a, b": 3})
    make_conversation()
    found = read_csv(export(columns="reference,metadata.campaign,metadata.a%2C b"))
    columns = [(row["metadata.campaign"], row["metadata.a, b"]) for row in found]
    assert columns == [("", ""), ("spring", "3")]
