"""What an export holds of large rows: a bound of bytes, whatever is in them."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from conversations.exports import json_lines, rows
from conversations.exports.request import read_export_request
from conversations.exports.stream import PIECE_BYTES, Download
from conversations.models import Conversation
from tests.conversations.exports.downloads import read_lines

LARGE = {"note": "é" * 32_000}  # 64,000 bytes


def size_of(row: Conversation) -> int:
    return len(json.dumps(row.metadata, ensure_ascii=False).encode())


def walk(organization, query="format=csv"):
    return rows.steps(organization, read_export_request(QueryDict(query)))


def test_large_rows_come_a_few_at_a_time_and_in_order(organization, make_conversation):
    for number in range(80):
        make_conversation(
            external_id=f"RM_{number}", metadata=LARGE if number % 2 else {"n": number}
        )
    sizes, found = [], []
    for group in walk(organization):
        sizes.append(sum(map(size_of, group)))
        found += [(row.external_id, row.metadata) for row in group]
    assert max(sizes) <= rows.BYTES_TOGETHER
    assert len(sizes) == 2
    assert found == [
        (f"RM_{number}", LARGE if number % 2 else {"n": number})
        for number in reversed(range(80))
    ]


@pytest.mark.parametrize("name", ["csv", "jsonl", "transcripts"])
def test_it_is_handed_over_in_small_pieces(export_of, make_conversation, name):
    for _ in range(10):
        make_conversation(metadata=LARGE)
    pieces = list(export_of(name))
    assert max(map(len, pieces)) == PIECE_BYTES
    assert sum(map(len, pieces)) > 10 * 64_000


@pytest.fixture
def export_of(organization, bob):
    """`export_of("csv")`: an export under way, which is let go of."""
    begun = []

    def begin(name):
        wanted = read_export_request(QueryDict(f"format={name}"))
        begun.append(
            Download(
                organization=organization, wanted=wanted, by=bob, why_lost=lambda: ""
            )
        )
        return begun[-1]

    yield begin
    for download in begun:
        download.close()


def test_a_row_that_is_over_the_bound_comes_alone(
    export, make_conversation, monkeypatch
):
    monkeypatch.setattr(rows, "BYTES_TOGETHER", 100_000)
    for number in range(3):
        make_conversation(metadata={"note": "x" * 200_000, "n": number})
    found = [row["metadata"]["n"] for row in read_lines(export(format="jsonl"))]
    assert found == [2, 1, 0]


def test_the_reference_itself_is_as_whole_as_the_others(
    export, make_conversation, make_findable
):
    make_conversation(external_id="RM_1", metadata=LARGE)
    make_conversation(external_id="RM_1-again", metadata=LARGE)
    make_findable()
    found = read_lines(export(format="jsonl", reference="RM_1"))
    assert [row["metadata"] for row in found] == [LARGE, LARGE]


def test_metadata_that_is_null_is_null(export, make_conversation):
    row = make_conversation()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE conversations_conversation SET metadata = 'null'")
    assert [one["id"] for one in read_lines(export(format="jsonl"))] == [str(row.id)]


def test_one_that_is_erased_while_its_step_is_read_is_left_out(
    organization, make_conversation, monkeypatch
):
    kept, erased = make_conversation(), make_conversation(metadata=LARGE)
    sizes_of_long = rows._sizes_of_long

    def erase(found):
        sizes = sizes_of_long(found)
        Conversation.objects.filter(pk=erased.pk).delete()
        return sizes

    monkeypatch.setattr(rows, "_sizes_of_long", erase)
    assert [row.pk for group in walk(organization) for row in group] == [kept.pk]


def test_ordinary_rows_take_one_query_a_step(organization, make_conversation):
    for number in range(5):
        make_conversation(metadata={"n": number})
    with CaptureQueriesContext(connection) as seen:
        assert len(list(walk(organization))) == 1
    # Theirs, and that of their agents.
    assert len(seen) == 2


def test_long_transcripts_are_read_a_few_at_a_time_and_in_order(
    export, make_conversation, monkeypatch
):
    monkeypatch.setattr(json_lines, "BYTES_TOGETHER", 100_000)
    read, read_transcripts = [], json_lines.read_transcripts

    def counted(asked):
        kept, fitting = read_transcripts(asked)
        read.append(sum(len(turns or "") for _, turns in kept.values()))
        return kept, fitting

    monkeypatch.setattr(json_lines, "read_transcripts", counted)
    for number in range(12):
        # Long ones, short ones, and some that have none.
        length = (60_000, 10)[number % 2]
        turns = [{"role": "user", "content": "x" * length, "n": number}]
        make_conversation(turns=None if number % 3 == 2 else turns)
    found = read_lines(export(format="transcripts"))
    content = [row["transcript"]["content"] for row in found]
    assert [turns and turns[0]["n"] for turns in content] == [
        None if number % 3 == 2 else number for number in reversed(range(12))
    ]
    # The one that goes over the bound is the last of them.
    assert max(read) < 100_000 + 61_000
    assert len(read) == 2
