"""LiveKit's session report, beside a call and as the whole body."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from integrations.providers import read
from tests.integrations.bodies import body, paths, recorded, refused, taken, warned

AGENT_ID = "0193a7e2-5a4c-7cc2-9a3e-6b2f8f1d2c3b"
END = 1_795_350_708.5
MESSAGE = {"type": "message", "role": "user", "content": ["hi"]}


def report(**fields):
    return {"chat_history": {"items": [MESSAGE]}, **fields}


def beside(sent, **parts):
    return body(sessionReport=sent, **parts)


def bare(**fields):
    return report(job_id="AJ_1", agent_name="support") | fields


def test_a_recorded_report_fills_what_is_absent():
    sent = recorded("order.session_report.json")
    rich = recorded("order.canonical.json")
    update = taken(beside(sent), "livekit")
    assert update.external_id == "c-1"
    assert update.agent.external_id == "a-1"
    assert update.duration_seconds == 0.292
    assert update.ended_reason == "user_initiated"
    assert update.ended_at == datetime(2026, 11, 22, 12, 31, 48, 152868, tzinfo=UTC)
    assert update.started_at == datetime(2026, 11, 22, 12, 31, 47, 860868, tzinfo=UTC)
    assert update.system_prompt == rich["systemPrompt"]
    assert update.metadata == {
        key: value for key, value in rich["metadata"].items() if value is not None
    }
    assert len(update.turns or ()) == len(rich["transcript"]["turns"])


@pytest.mark.parametrize("name", ["order", "tool_error", "handoff", "interrupted"])
def test_a_recorded_report_may_be_the_whole_body(name):
    sent = recorded(f"{name}.session_report.json") | {"agent_name": "support"}
    update = taken(sent, "livekit")
    assert update.external_id == sent["job_id"]
    assert update.agent.external_id == "support"
    assert update.turns == taken(beside(sent), "livekit").turns


def test_canonical_fields_win_over_the_report():
    sent = report(
        duration_ms=5000,
        close_reason="CR_ERROR",
        timestamp=END,
        job_id="AJ_1",
        room="r",
    )
    payload = beside(
        sent,
        call={
            "externalId": "c-1",
            "durationSeconds": 4,
            "endedReason": "mine",
            "startedAt": END - 4,
            "endedAt": END,
        },
        systemPrompt="Mine.",
        metadata={"room": "mine", "jobId": None, "own": 1},
        transcript={"turns": [{"role": "user", "content": "mine"}]},
    )
    update = taken(payload, "livekit")
    assert (update.duration_seconds, update.ended_reason) == (4, "mine")
    assert update.started_at == datetime.fromtimestamp(END - 4, UTC)
    assert update.system_prompt == "Mine."
    assert update.metadata == {
        "closeReason": "CR_ERROR",
        "jobId": "AJ_1",
        "room": "mine",
        "own": 1,
    }
    assert update.turns == [{"role": "user", "content": "mine"}]


def test_an_empty_or_null_canonical_field_does_not_win():
    call = {"externalId": "c-1", "endedReason": "", "durationSeconds": None}
    sent = report(duration_ms=5000, close_reason="CR_ERROR")
    update = taken(beside(sent, call=call, systemPrompt=""), "livekit")
    assert (update.duration_seconds, update.ended_reason) == (5, "error")


@pytest.mark.parametrize(
    ("reason", "ended"),
    [
        ("CR_USER_INITIATED", "user_initiated"),
        ("user_initiated", "user_initiated"),
        ("CR_COMPLETED", "task_completed"),
        ("task_completed", "task_completed"),
        ("CR_ERROR", "error"),
        ("CR_JOB_SHUTDOWN", "job_shutdown"),
        ("CR_PARTICIPANT_DISCONNECTED", "participant_disconnected"),
        ("CR_UNKNOWN", "unknown"),
        ("CR_SOMETHING_NEW", "something_new"),
        ("Hung up", "Hung up"),
    ],
)
def test_the_close_reason_has_one_spelling(reason, ended):
    update = taken(beside(report(close_reason=reason)), "livekit")
    assert update.ended_reason == ended
    assert update.metadata == {"closeReason": reason}


@pytest.mark.parametrize(
    ("fields", "start"),
    [
        ({"timestamp": END, "duration_ms": 1500}, END - 1.5),
        ({"timestamp": END * 1000, "duration_ms": 1500}, END - 1.5),
        ({"timestamp": END, "audio_recording_started_at": END - 3}, END - 3),
        ({"timestamp": END, "started_at": END - 2, "duration_ms": 1500}, END - 2),
        ({"timestamp": END, "duration_ms": 0}, END),
        ({"timestamp": END}, None),
    ],
)
def test_the_report_says_when_the_call_began_and_ended(fields, start):
    update = taken(beside(report(**fields)), "livekit")
    assert update.ended_at == datetime.fromtimestamp(END, UTC)
    assert update.started_at == (start and datetime.fromtimestamp(start, UTC))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("duration_ms", "long"),
        ("duration_ms", -1),
        ("duration_ms", 1e300),
        ("timestamp", "now"),
        ("timestamp", True),
        ("timestamp", 1e300),
        ("audio_recording_started_at", []),
        ("close_reason", {}),
        ("chat_history", "x"),
    ],
)
def test_what_does_not_fit_a_report_is_dropped_with_a_warning(key, value):
    payload = beside({**report(), key: value})
    update, (path, detail) = warned(payload, "livekit")
    assert path == f"sessionReport.{key}"
    assert "dropped" in detail
    assert (update.ended_at, update.duration_seconds) == (None, None)


def test_a_history_without_a_list_of_items_is_dropped_with_a_warning():
    update, (path, _) = warned(beside({"chat_history": {"items": "x"}}), "livekit")
    assert (update.turns, path) == (None, "sessionReport.chat_history.items")


@pytest.mark.parametrize("value", ["x", [], 3, True])
def test_a_report_that_is_no_object_is_dropped_with_a_warning(value):
    update, (path, _) = warned(beside(value), "livekit")
    assert path == "sessionReport"
    assert update.turns is None


@pytest.mark.parametrize("value", [None, "", {}])
def test_a_report_may_be_absent_or_empty(value):
    assert taken(beside(value), "livekit") == taken(body())


def test_unknown_keys_inside_a_report_are_no_warning():
    assert taken(beside(report(new_key=1, events=[{}])), "livekit").metadata == {}


def test_the_path_of_an_item_names_the_report():
    item = {"type": "message", "role": "x"}
    _, (path, _) = warned(beside({"chat_history": {"items": [item]}}), "livekit")
    assert path == "sessionReport.chat_history.items[0].role"
    _, (path, _) = warned(bare(chat_history={"items": [item]}), "livekit")
    assert path == "chat_history.items[0].role"


def test_items_beside_call_win_over_the_reports():
    payload = beside(report(), transcript={"items": [MESSAGE | {"content": "mine"}]})
    turns = taken(payload, "livekit").turns or ()
    assert [turn["content"] for turn in turns] == ["mine"]


def test_metadata_that_the_report_would_overfill_keeps_the_senders_own():
    own = {"own": "x" * 60_000}
    payload = beside(report(usage=["x" * 10_000], room="r"), metadata=own)
    update, (path, detail) = warned(payload, "livekit")
    assert update.metadata == own
    assert path == "sessionReport"
    assert "65,536" in detail


@pytest.mark.parametrize(("more", "is_full"), [("", False), ("x", True)])
def test_the_report_may_fill_metadata_to_its_limit(more, is_full):
    own = {"own": "x" * (65_536 - len('{"room":"r","own":""}')) + more}
    reading = read("livekit", beside(report(room="r"), metadata=own))
    assert reading.update is not None
    assert reading.update.metadata == (own if is_full else own | {"room": "r"})
    assert paths(reading) == (["sessionReport"] if is_full else [])


@pytest.mark.parametrize(("more", "is_full"), [("", False), ("x", True)])
def test_the_senders_own_metadata_may_fill_it_alone(more, is_full):
    own = {"own": "x" * (65_536 - len('{"own":""}')) + more}
    reading = read("livekit", beside(report(room="r"), metadata=own))
    assert reading.update is not None
    assert reading.update.metadata == (None if is_full else own)
    assert paths(reading) == (["metadata"] if is_full else ["sessionReport"])


@pytest.mark.parametrize("value", ["x", 3, [], True])
def test_a_transcript_beside_a_report_is_still_hard(value):
    assert "transcript" in refused(beside(report(), transcript=value), "livekit")


def test_metadata_that_does_not_fit_gives_way_to_the_report():
    update, (path, _) = warned(beside(report(room="r"), metadata="x"), "livekit")
    assert path == "metadata"
    assert update.metadata == {"room": "r"}


def test_beside_a_bare_report_some_keys_may_stand_and_win():
    sent = bare(
        agent={"externalId": "mine", "name": "Mine"},
        metadata={"room": "mine"},
        version="7",
        room="r",
    )
    update = taken(sent, "livekit")
    assert (update.agent.external_id, update.agent.name) == ("mine", "Mine")
    assert update.version == "7"
    assert update.metadata == {"jobId": "AJ_1", "room": "mine"}


def test_beside_a_bare_report_an_agent_id_wins():
    for name in ("", "support"):
        update = taken(bare(agentId=AGENT_ID, agent_name=name), "livekit")
        assert str(update.agent.id) == AGENT_ID
        assert update.agent.external_id is None


def test_a_name_alone_beside_a_bare_report_names_its_agent():
    update = taken(bare(agent={"name": "Ada"}), "livekit")
    assert (update.agent.external_id, update.agent.name) == ("support", "Ada")


@pytest.mark.parametrize("name", [None, "", {}, False])
def test_a_bare_report_without_an_agent_says_what_to_add(name):
    faults = refused(bare(agent_name=name), "livekit")
    assert list(faults) == ["agent"]
    assert '"agent": {"externalId": "your-agent"}' in faults["agent"]


@pytest.mark.parametrize("job_id", [None, ""])
def test_a_bare_report_without_a_job_says_what_to_do(job_id):
    faults = refused(bare(job_id=job_id), "livekit")
    assert list(faults) == ["call.externalId"]
    assert "job_id" in faults["call.externalId"]


@pytest.mark.parametrize("bad", ["a\0b", "a\ud800"])
def test_the_ids_of_a_bare_report_are_refused_and_never_altered(bad):
    faults = refused(bare(job_id=bad, agent_name=bad), "livekit")
    assert sorted(faults) == ["agent.externalId", "call.externalId"]


def test_an_unknown_key_beside_a_bare_report_is_taken_with_a_warning():
    update, (path, _) = warned(bare(metdata={"a": 1}), "livekit")
    assert path == "metdata"
    assert update.external_id == "AJ_1"


def test_a_body_with_a_call_is_no_bare_report():
    reading = read("livekit", body(**bare()))
    assert reading.update is not None
    assert reading.update.external_id == "c-1"
    assert reading.update.turns is None
    assert "chat_history" in paths(reading)


def test_a_report_without_a_history_is_no_bare_report():
    assert "call" in refused(bare(chat_history=None), "livekit")


def test_beside_a_report_call_and_agent_are_still_hard():
    sent = recorded("order.session_report.json") | {"agent_name": "support"}
    assert sorted(refused({"sessionReport": sent}, "livekit")) == ["agent", "call"]


def test_with_another_provider_a_report_is_an_unknown_key():
    update, (path, _) = warned(beside(report()), "zelto")
    assert (update.turns, path) == (None, "sessionReport")


def test_for_the_log_a_refused_report_names_its_job():
    reading = read("livekit", bare(agent_name=""))
    assert reading.call_external_id == "AJ_1"
    assert reading.agent_reference is None
