"""What a call comes to, delivery after delivery."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.call_duration import reported_duration
from conversations.projection.fold import (
    ONLY_FILLED,
    CallState,
    apply,
    fill,
    fold,
    size_as_json,
)
from conversations.projection.update import AgentReference, CallUpdate

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
USER = {"role": "user", "content": "hi"}
PROMPT = {"role": "system", "content": "You help."}
KIB = 1024


def says(**fields) -> CallUpdate:
    return CallUpdate(external_id="c", agent=AgentReference(external_id="a"), **fields)


FIELDS = [
    ("started_at", START, START + timedelta(seconds=5)),
    ("ended_at", START, START + timedelta(seconds=5)),
    ("ended_reason", "error", "user_initiated"),
    ("cost", Decimal("0.1"), Decimal("0")),
    ("recording_url", "https://h/a", "https://h/b"),
    ("customer_number", "+1", "+2"),
    ("customer_name", "Ada", "Bob"),
    ("version", "1", "2"),
    ("system_prompt", "You help.", "You sell."),
    ("turns", [USER], [USER, USER]),
]


@pytest.mark.parametrize(("name", "first", "second"), FIELDS)
def test_a_field_that_is_present_replaces_and_an_absent_one_keeps(name, first, second):
    assert getattr(fold([]), name) is None
    assert getattr(fold([says(**{name: first})]), name) == first
    assert getattr(fold([says(**{name: first}), says()]), name) == first
    sent = [says(**{name: first}), says(**{name: second})]
    assert getattr(fold(sent), name) == second
    assert getattr(fold(reversed(sent)), name) == first


def test_customer_fields_merge_one_by_one():
    state = fold([says(customer_name="Ada"), says(customer_number="+1")])
    assert (state.customer_name, state.customer_number) == ("Ada", "+1")


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        ([says()], None),
        ([says(started_at=START)], None),
        ([says(started_at=START), says(ended_at=START + timedelta(seconds=2.5))], 2.5),
        ([says(started_at=START, ended_at=START)], 0),
        ([says(started_at=START, ended_at=START - timedelta(seconds=1))], None),
        ([says(started_at=START, ended_at=START + timedelta(days=365))], 31_536_000),
        (
            [says(started_at=START, ended_at=START + timedelta(days=365, seconds=1))],
            None,
        ),
        ([says(duration_seconds=0, started_at=START, ended_at=START)], 0),
        (
            [
                says(duration_seconds=7),
                says(started_at=START, ended_at=START + timedelta(seconds=9)),
            ],
            7,
        ),
        ([says(duration_seconds=7), says(duration_seconds=8), says()], 8),
    ],
)
def test_a_sent_duration_stays_and_else_it_follows_the_merged_times(sent, seconds):
    state = fold(sent)
    reported = reported_duration(state.sent_duration, state.started_at, state.ended_at)
    assert reported == seconds


def test_an_empty_transcript_never_wipes_turns_that_are_there():
    assert fold([says(turns=[USER]), says(turns=[])]).turns == [USER]


def test_an_empty_transcript_is_a_silent_caller():
    state = fold([says(turns=[]), says()])
    assert state.turns == []
    assert not state.has_transcript
    assert fold([says()]).turns is None


def test_a_shorter_transcript_replaces_the_whole_of_a_longer_one():
    state = fold([says(turns=[USER] * 3), says(turns=[PROMPT])])
    assert state.turns == [PROMPT]
    assert state.has_transcript


def marker(kind):
    return {"role": "system", "kind": kind, "content": "marks"}


@pytest.mark.parametrize(
    ("turns", "prompt"),
    [
        ([], None),
        ([PROMPT], "You help."),
        ([PROMPT, USER], "You help."),
        ([USER, PROMPT], None),
        ([{"role": "system", "content": ""}, PROMPT], None),
        ([{"role": "system", "content": "x" * 100_001}], "x" * 100_000),
        ([marker("handoff"), USER], None),
        ([marker("config_update")], None),
        ([marker("memory_update"), PROMPT], "You help."),
    ],
)
def test_a_leading_system_turn_serves_as_prompt_and_stays_a_turn(turns, prompt):
    state = fold([says(turns=turns)])
    assert state.system_prompt == prompt
    assert not state.prompt_is_explicit
    assert state.turns == turns


@pytest.mark.parametrize("first", [0, 1])
def test_an_explicit_prompt_beats_one_from_a_turn_whichever_came_later(first):
    sent = [says(system_prompt="Explicit."), says(turns=[PROMPT])]
    state = fold([sent[first], sent[1 - first]])
    assert (state.system_prompt, state.prompt_is_explicit) == ("Explicit.", True)


def test_a_prompt_from_a_turn_follows_the_newest_transcript_that_has_one():
    other = {"role": "system", "content": "You sell."}
    state = fold([says(turns=[PROMPT]), says(turns=[other]), says(turns=[USER])])
    assert state.system_prompt == "You sell."


@pytest.mark.parametrize(
    ("sent", "merged"),
    [
        ([None], {}),
        ([{"a": 1}, None, {"b": 2}], {"a": 1, "b": 2}),
        ([{"a": 1}, {"a": 2}], {"a": 2}),
        ([{"a": {"x": 1}}, {"a": {"y": 2}}], {"a": {"y": 2}}),
        ([{"a": 1}, {"a": None, "b": None}], {"a": 1}),
        ([{"a": None}], {}),
        ([{"a": {"x": None}}], {"a": {"x": None}}),
        ([{"a": 1}, {}], {"a": 1}),
        ([{"a": 1}, {"a": False}], {"a": False}),
    ],
)
def test_metadata_merges_key_by_key(sent, merged):
    assert fold([says(metadata=metadata) for metadata in sent]).metadata == merged


def of_size(key, kib):
    """Metadata of exactly that many KiB as JSON."""
    return {key: "x" * (kib * KIB - len(f'{{"{key}":""}}'))}


def test_metadata_over_its_limit_when_merged_loses_the_new_keys():
    four = [of_size(key, 64) for key in "abcd"]
    state = fold([says(metadata=one) for one in four])
    assert size_as_json(state.metadata) <= 256 * KIB
    assert sorted(state.metadata) == ["a", "b", "c", "d"]
    state, said = apply(state, says(metadata={"a": "new", "e": "x" * 70_000}))
    assert state.metadata["a"] == "new"
    assert "e" not in state.metadata
    ((path, detail),) = said
    assert path == "metadata"
    assert "262,144 bytes" in detail
    assert "e was dropped" in detail


def test_exactly_the_merged_limit_is_kept():
    room = 256 * KIB - len('{"a":"","b":""}')
    first = {"a": "x" * (room - 2000)}
    state, said = apply(fold([says(metadata=first)]), says(metadata={"b": "é" * 1000}))
    assert size_as_json(state.metadata) == 256 * KIB
    assert not said
    state, said = apply(
        fold([says(metadata=first)]), says(metadata={"b": "é" * 1000 + "x"})
    )
    assert state.metadata == first
    assert said


def test_known_keys_may_fill_the_limit_exactly():
    state = fold([says(metadata={"a": "", "b": "x" * 1000})])
    full = "x" * (256 * KIB - 1000 - len('{"a":"","b":""}'))
    state, said = apply(state, says(metadata={"a": full, "c": 1}))
    assert size_as_json(state.metadata) == 256 * KIB
    assert "c was dropped" in said[0][1]


def test_where_known_keys_alone_are_too_much_nothing_of_them_is_taken():
    parts = [of_size(key, 63) for key in "abcd"]
    state = fold([says(metadata=one) for one in parts])
    update = says(metadata={"a": "y" * 69_000, "e": 1})
    after, said = apply(state, update)
    assert after.metadata == state.metadata
    assert "a, e were dropped" in said[0][1]


def test_only_the_delivery_that_overflows_is_told():
    state = fold([says(metadata=of_size(key, 64)) for key in "abcd"])
    more = {f"k{i}": "x" * 9_000 for i in range(7)}
    _, said = apply(state, says(metadata=dict(list(more.items())[:5])))
    assert "k0, k1, k2, k3, k4 were dropped" in said[0][1]
    state, said = apply(state, says(metadata=more))
    assert "k0, k1, k2, k3, k4 and 2 more were dropped" in said[0][1]
    assert apply(state, says(metadata={"a": 1}))[1] == []


def test_the_state_before_stays_as_it_was():
    state = fold([says(metadata={"a": 1}, turns=[USER])])
    kept = replace(state, metadata=dict(state.metadata), turns=list(state.turns or ()))
    apply(state, says(metadata={"a": 2}, turns=[PROMPT], system_prompt="x"))
    assert state == kept


def choices(values):
    return st.none() | st.sampled_from(values)


UPDATES = st.builds(
    says,
    metadata=choices([{}, {"a": 1}, {"a": None, "b": 2}]),
    turns=choices([[], [USER], [PROMPT, USER]]),
    system_prompt=choices(["x", "y"]),
    duration_seconds=choices([0.0, 1.5]),
    **{
        name: choices([first, second])
        for name, first, second in FIELDS
        if name not in ("turns", "system_prompt")
    },
)


@given(st.lists(UPDATES, max_size=6), st.integers(min_value=0, max_value=6))
def test_batches_may_be_cut_anywhere(updates, cut):
    state = fold(updates[:cut])
    for update in updates[cut:]:
        # As it comes back from the database: a new object of equal parts.
        state, _ = apply(CallState(**{f: getattr(state, f) for f in STATE}), update)
    assert state == fold(updates)


STATE = tuple(CallState.__dataclass_fields__)


@given(st.lists(UPDATES, min_size=1, max_size=4))
def test_posting_the_last_one_again_changes_nothing(updates):
    assert fold([*updates, updates[-1]]) == fold(updates)


@pytest.mark.parametrize(("name", "first", "second"), FIELDS)
def test_filling_replaces_nothing_and_adds_what_is_absent(name, first, second):
    state, _ = fill(fold([says(**{name: second})]), says(**{name: first}))
    assert getattr(state, name) == second
    state, remarks = fill(CallState(), says(**{name: first}))
    assert getattr(state, name) == first
    assert remarks == [ONLY_FILLED]


def test_filling_adds_keys_of_metadata_as_far_as_they_fit():
    state = fold([says(metadata={"a": 1})])
    state, _ = fill(state, says(metadata={"a": 2, "b": 2}))
    assert state.metadata == {"a": 1, "b": 2}
    _, remarks = fill(state, says(metadata={"long": "x" * 300 * KIB}))
    assert "long was dropped" in remarks[-1][1]


def test_filling_puts_no_older_transcription_over_a_newer_one():
    heard = says(turns=[USER], is_transcription=True)
    state = fold([replace(heard, turns=[USER, USER])])
    assert fill(state, heard)[0] == state
    assert fill(CallState(), heard)[0].turns == [USER]


def test_filling_has_turns_that_were_sent_count_more_than_a_transcription():
    state = fold([says(turns=[USER, USER], is_transcription=True)])
    state, _ = fill(state, says(turns=[USER]))
    assert state.turns == [USER]
    assert not state.turns_are_transcribed


def left_behind(*turns: dict[str, str], **fields) -> CallUpdate:
    """What a worker's package sends of a session whose job was killed."""
    partial = {"partial": True}
    return says(
        turns=list(turns), ended_reason="worker_died", metadata=partial, **fields
    )


def test_what_a_killed_job_left_never_replaces_the_whole_session():
    whole = says(turns=[USER, USER], ended_reason="task_completed")
    state = fold([whole, left_behind(USER, version="1")])
    assert state.turns == [USER, USER]
    assert state.ended_reason == "task_completed"
    assert "partial" not in state.metadata
    # What it alone says is taken.
    assert state.version == "1"


def test_the_whole_session_replaces_what_a_killed_job_left():
    whole = says(turns=[USER, USER], metadata={"partial": False})
    state = fold([left_behind(USER), whole])
    assert state.turns == [USER, USER]
    assert state.metadata["partial"] is False


def test_more_of_what_a_killed_job_left_replaces_less_of_it():
    state = fold([left_behind(USER), left_behind(USER, USER)])
    assert state.turns == [USER, USER]
