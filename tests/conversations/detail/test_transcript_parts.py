"""A long transcript in parts."""

from itertools import pairwise
from typing import Any

import pytest

from conversations.detail.transcript_parts import ENTRIES_AT_ONCE, part_with, whole
from conversations.detail.transcript_reader import read_transcript


def speech(count: int) -> list[dict[str, Any]]:
    return [{"role": "user", "content": str(number)} for number in range(1, count + 1)]


def test_a_usual_transcript_is_one_part():
    part = part_with(read_transcript(speech(ENTRIES_AT_ONCE)), 1)
    assert len(part.entries) == ENTRIES_AT_ONCE
    assert (part.first, part.last) == (1, ENTRIES_AT_ONCE)
    assert part.earlier is part.later is None


def test_no_transcript_is_an_empty_part():
    part = part_with(read_transcript([]), 1)
    assert (list(part.entries), part.earlier, part.later) == ([], None, None)


@pytest.mark.parametrize("size", [301, 600, 601, 2000])
def test_every_turn_is_in_the_part_that_is_asked_for_it(size):
    view = read_transcript(speech(size))
    for number in range(1, size + 1):
        part = part_with(view, number)
        assert number in {entry.number for entry in part.entries}
        assert part.shows(number)


def test_the_parts_follow_each_other_without_a_gap():
    view = read_transcript(speech(2000))
    number, seen, spans = 1, [], []
    while True:
        part = part_with(view, number)
        seen += [entry.number for entry in part.entries]
        spans.append((part.first, part.last))
        if part.later is None:
            break
        number = part.later.first
    assert seen == list(range(1, 2001))
    assert spans[0] == (1, 300)
    assert all(one[1] + 1 == other[0] for one, other in pairwise(spans))
    earlier = part_with(view, number).earlier
    assert earlier is not None and (earlier.first, earlier.last) == spans[-2]


@pytest.mark.parametrize("number", [0, -1, 5000])
def test_a_turn_that_is_not_there_leads_to_the_start(number):
    assert part_with(read_transcript(speech(1000)), number).first == 1


def test_a_result_is_in_the_part_of_its_call():
    turns = speech(299)
    turns.append({"role": "tool", "kind": "call", "toolCallId": "1"})
    turns += speech(5)
    turns.append({"role": "tool", "kind": "result", "toolCallId": "1"})
    turns += speech(100)
    part = part_with(read_transcript(turns), 306)
    assert part.entries[-1].number == 300
    assert part.entries[-1].last_number == 306


def test_the_whole_is_one_part():
    part = whole(read_transcript(speech(2000)))
    assert len(part.entries) == part.last == 2000
    assert part.later is None
