"""When things were, in every place where a sender may tell it: its size is its unit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.integrations.bodies import body, call, items, only_turn, taken, turns, warned

SECOND = 1_764_324_000
MOMENT = datetime.fromtimestamp(SECOND, UTC)
ISO = "2025-11-28T10:00:00.000000+00:00"
SENT: list[Any] = [
    SECOND,
    SECOND * 10**3,
    SECOND * 10**6,
    SECOND * 10**9,
    str(SECOND),
    str(SECOND * 10**3),
    str(SECOND * 10**6),
    str(SECOND * 10**9),
    float(SECOND * 10**9),
    "2025-11-28T10:00:00Z",
    "2025-11-28T11:00:00.000000000+01:00",
]
NO_TIMES: list[Any] = ["soon", True, {}, [], -1, 10**20, "9" * 30]
each_time = pytest.mark.parametrize("value", SENT)
each_misfit = pytest.mark.parametrize("value", NO_TIMES)


def metadata(value: Any) -> dict[str, Any]:
    return body(metadata={"recordingStartedAt": value, "own": 1})


def report(**fields: Any) -> dict[str, Any]:
    return body(sessionReport={"chat_history": {"items": []}, **fields})


def message(**fields: Any) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": "hi", **fields}


@each_time
def test_a_call_tells_its_times_in_any_unit(value):
    update = taken(call(startedAt=value, endedAt=value))
    assert (update.started_at, update.ended_at) == (MOMENT, MOMENT)


@each_time
def test_turns_are_put_in_the_order_of_their_times(value):
    later = {"role": "user", "content": "b", "timestamp": SECOND + 1}
    sent = {"role": "user", "content": "a", "timestamp": value}
    sent |= {"startedAt": value, "endedAt": value}
    assert taken(turns(later, sent)).turns == [sent, later]


@each_time
def test_the_start_of_the_recording_is_kept_as_sent(value):
    assert taken(metadata(value)).metadata == {"recordingStartedAt": value, "own": 1}


@each_misfit
def test_a_start_of_the_recording_that_is_no_time_is_dropped_with_a_warning(value):
    update, (path, detail) = warned(metadata(value))
    assert update.metadata == {"own": 1}
    assert path == "metadata.recordingStartedAt"
    assert detail.startswith("must ")
    assert detail.endswith("; it was dropped")


def test_no_start_of_the_recording_is_no_warning():
    assert taken(metadata("")).metadata == {"own": 1}
    assert taken(metadata(None)).metadata == {"own": 1, "recordingStartedAt": None}


@each_time
def test_a_report_tells_its_times_in_any_unit(value):
    update = taken(report(started_at=value, timestamp=value), "livekit")
    assert (update.started_at, update.ended_at) == (MOMENT, MOMENT)
    update = taken(report(audio_recording_started_at=value), "livekit")
    assert update.started_at == MOMENT
    assert update.metadata == {"recordingStartedAt": value}


@each_misfit
@pytest.mark.parametrize(
    "key", ["timestamp", "started_at", "audio_recording_started_at"]
)
def test_a_time_of_a_report_that_is_none_is_dropped_with_a_warning(key, value):
    update, (path, _) = warned(report(**{key: value}), "livekit")
    assert (update.started_at, update.ended_at, update.metadata) == (None, None, {})
    assert path == f"sessionReport.{key}"


@pytest.mark.parametrize(
    ("value", "seconds"), [(5812, 5.812), ("5812", 5.812), (" 5e3 ", 5), (0, 0)]
)
def test_a_report_tells_its_duration_as_a_number_or_its_digits(value, seconds):
    assert taken(report(duration_ms=value), "livekit").duration_seconds == seconds


@each_time
def test_items_tell_their_times_in_any_unit(value):
    spoken = {"started_speaking_at": value, "stopped_speaking_at": value}
    turn = only_turn(message(created_at=value, metrics=spoken))
    assert [turn[key] for key in ("timestamp", "startedAt", "endedAt")] == [ISO] * 3
    assert only_turn(message(createdAt=value))["timestamp"] == ISO


@each_misfit
@pytest.mark.parametrize("key", ["started_speaking_at", "stopped_speaking_at"])
def test_a_time_in_the_metrics_of_an_item_that_is_none_is_a_warning(key, value):
    update, (path, _) = warned(items(message(metrics={key: value})), "livekit")
    assert path == f"transcript.items[0].metrics.{key}"
    (turn,) = update.turns or []
    assert not turn.keys() & {"startedAt", "endedAt"}


@pytest.mark.parametrize("value", [0, "0", "", None])
def test_a_time_that_was_never_set_is_no_warning(value):
    fields = dict.fromkeys(
        ["timestamp", "started_at", "audio_recording_started_at"], value
    )
    update = taken(report(**fields), "livekit")
    assert (update.started_at, update.ended_at, update.metadata) == (None, None, {})
    spoken = {"started_speaking_at": value, "stopped_speaking_at": value}
    turn = only_turn(message(created_at=value, metrics=spoken))
    assert turn == {"role": "user", "content": "hi", "metrics": spoken}


@pytest.mark.parametrize("unit", [1, 10**3, 10**9])
def test_an_offset_that_is_the_time_of_day_is_read_as_one(unit):
    """Relative to each other such offsets are right, and the start of the call is
    known."""
    sent = {"role": "user", "content": "hi", "startSeconds": SECOND * unit}
    update, (path, detail) = warned(turns(sent))
    assert update.turns == [
        {"role": "user", "content": "hi", "startedAt": SECOND * unit}
    ]
    assert path == "transcript.turns[0].startSeconds"
    assert detail == "is a time, not an offset; it was read as startedAt"


def test_a_time_that_was_sent_wins_over_such_an_offset():
    sent = {"role": "user", "content": "hi", "endSeconds": SECOND, "endedAt": ISO}
    update, (path, detail) = warned(turns(sent))
    assert update.turns == [{"role": "user", "content": "hi", "endedAt": ISO}]
    assert path == "transcript.turns[0].endSeconds"
    assert detail.endswith("it was dropped")


def test_nanoseconds_where_a_duration_belongs_are_dropped_and_start_and_end_count():
    """As LiveKit's egress tells of a file that it never closed."""
    start, end = 1731660518186023947, 1731668993605577585
    sent = call(startedAt=str(start), endedAt=str(end), durationSeconds=str(-start))
    update, (path, detail) = warned(sent)
    assert update.started_at is not None
    assert update.ended_at is not None
    lasted = (update.ended_at - update.started_at).total_seconds()
    assert lasted == pytest.approx((end - start) / 1e9, abs=2e-6)
    assert update.duration_seconds is None
    assert path == "call.durationSeconds"
    assert detail.startswith("must not be negative")
