"""The handed out code in LiveKit's own job processes: what arrives of each session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from integrations import providers
from integrations.snippets.code_files import short_worker_code, worker_code
from tests.integrations.livekit_worker.receiver import Posted, receiving
from tests.integrations.livekit_worker.worker import WorkerRun, run_worker

pytestmark = pytest.mark.processes

KEY = "zelto_a-key-of-these-tests"
SCENARIOS = [
    "order",
    "two_tools",
    "tool_error",
    "handoff",
    "interrupted",
    "model_error",
    "unicode",
    "empty",
]
WITHOUT_A_SESSION = "no_session"


@dataclass(frozen=True)
class Outcome:
    worker: WorkerRun
    posted: dict[str, list[Posted]]

    def body(self, scenario: str) -> dict[str, Any]:
        [posted] = self.posted[scenario]
        return posted.body

    def turns(self, scenario: str) -> list[dict[str, Any]]:
        """As Zelto reads them."""
        update = providers.read("livekit", self.body(scenario)).update
        assert update
        return update.turns or []

    def tools(self, scenario: str) -> list[dict[str, Any]]:
        return [turn for turn in self.turns(scenario) if turn["role"] == "tool"]

    def close_event(self, scenario: str) -> dict[str, Any]:
        report = self.worker.sessions[scenario].report
        assert report
        [event] = [event for event in report["events"] if event["type"] == "close"]
        return dict(event)


def run(code: str, folder: Path) -> WorkerRun:
    file = folder / "worker_code.py"
    file.write_text(code, "utf-8")
    return run_worker(file, *SCENARIOS, WITHOUT_A_SESSION, key=KEY)


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """By the code that tries again."""
    with receiving({}) as receiver:
        code = worker_code(receiver.base_url)
        worker = run(code, tmp_path_factory.mktemp("long"))
    yield Outcome(worker, receiver.posted)


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """By the short form."""
    with receiving({}) as receiver:
        code = short_worker_code(receiver.base_url)
        worker = run(code, tmp_path_factory.mktemp("short"))
    yield Outcome(worker, receiver.posted)


@pytest.fixture(params=["sent", "reported"])
def outcome(request: pytest.FixtureRequest) -> Outcome:
    outcome: Outcome = request.getfixturevalue(request.param)
    return outcome


def texts(turns: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(turn["role"], turn["content"]) for turn in turns if turn["role"] != "tool"]


def test_each_session_is_posted_once_with_the_key(outcome: Outcome) -> None:
    assert set(outcome.posted) == set(SCENARIOS)
    for [posted] in outcome.posted.values():
        assert posted.path == "/webhooks/calls"
        assert posted.headers["Authorization"] == f"Bearer {KEY}"
        assert posted.headers["X-Zelto-Provider"] == "livekit"
        assert posted.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_zelto_reads_it_without_a_warning(outcome: Outcome, scenario: str) -> None:
    reading = providers.read("livekit", outcome.body(scenario))
    assert (reading.errors, reading.warnings) == ([], [])
    update = reading.update
    assert update
    assert update.external_id == outcome.worker.sessions[scenario].job_id
    assert update.agent.external_id == "my-agent"
    assert update.system_prompt == "You are Northwind's phone support agent."
    assert update.ended_reason == outcome.close_event(scenario)["reason"]
    assert update.metadata
    assert update.metadata["room"] == scenario
    assert update.metadata["roomSid"] == f"RM_{scenario}"
    assert update.metadata["sdkVersion"] == "1.8.9"


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_both_forms_tell_the_same_story(
    sent: Outcome, reported: Outcome, scenario: str
) -> None:
    stories = []
    for body in (sent.body(scenario), reported.body(scenario)):
        update = providers.read("livekit", body).update
        assert update
        assert update.turns is not None
        keys = ("role", "toolCallId", "toolName", "isError", "arguments")
        stories.append(
            [
                # How far an interrupted reply came is chance.
                {key: turn.get(key) for key in keys}
                | {"interrupted": bool(turn.get("interrupted"))}
                for turn in update.turns
            ]
        )
    assert stories[0] == stories[1]


def test_nothing_is_logged_of_what_went_well(outcome: Outcome) -> None:
    for scenario in SCENARIOS:
        assert outcome.worker.said(scenario) == []


def test_a_job_without_a_session_is_logged_and_ends_in_order(outcome: Outcome) -> None:
    [record] = outcome.worker.said(WITHOUT_A_SESSION)
    assert record["level"] == "ERROR"
    assert "no AgentSession was found" in record["message"]
    assert "on_session_end callback" not in outcome.worker.output


def test_the_key_is_nowhere_in_the_output(outcome: Outcome) -> None:
    assert KEY not in outcome.worker.output


def test_the_words_are_in_order_with_their_times(sent: Outcome) -> None:
    assert texts(sent.turns("order")) == [
        ("user", "hello"),
        ("assistant", "Hi, you have reached Northwind support. How can I help?"),
        ("user", "where is my order?"),
        ("assistant", "It ships tomorrow."),
        ("user", "thanks, bye"),
        ("assistant", "You are welcome. Goodbye!"),
    ]
    times = [turn["timestamp"] for turn in sent.turns("order")]
    assert all(time.endswith("+00:00") and "T" in time for time in times)
    moments = [datetime.fromisoformat(time).timestamp() for time in times]
    assert moments == sorted(moments)
    call = sent.body("order")["call"]
    assert call["startedAt"] <= moments[0] <= moments[-1] <= call["endedAt"]
    assert call["endedAt"] == pytest.approx(
        sent.close_event("order")["created_at"], abs=0.001
    )
    assert call["endedReason"] == "user_initiated"


def test_metrics_and_speaking_times_are_kept(sent: Outcome) -> None:
    answers = [turn for turn in sent.turns("order") if turn["role"] == "assistant"]
    for turn in answers:
        metrics = turn["metrics"]
        assert metrics["llm_node_ttft"] > 0
        assert metrics["llm_metadata"]["model_name"] == "scripted-1"
        for key, metric in (
            ("startedAt", "started_speaking_at"),
            ("endedAt", "stopped_speaking_at"),
        ):
            spoken = datetime.fromisoformat(turn[key]).timestamp()
            assert spoken == pytest.approx(metrics[metric], abs=0.001)


def test_a_tool_call_and_its_result_are_joined(sent: Outcome) -> None:
    call, result = sent.tools("order")
    assert call["kind"] == "call"
    assert call["toolName"] == "lookup_order"
    assert call["arguments"] == '{"order_id": "A-1042"}'
    assert result["kind"] == "result"
    assert result["toolCallId"] == call["toolCallId"]
    assert result["toolName"] == "lookup_order"
    assert "tomorrow" in result["content"]
    assert result["isError"] is False


def test_calls_side_by_side_keep_their_own_results(sent: Outcome) -> None:
    tools = sent.tools("two_tools")
    calls = {
        turn["toolCallId"]: turn["arguments"]
        for turn in tools
        if turn["kind"] == "call"
    }
    results = {
        turn["toolCallId"]: turn["content"]
        for turn in tools
        if turn["kind"] == "result"
    }
    assert calls.keys() == results.keys()
    for call_id, order in (
        ("call_0_lookup_order", "A-1042"),
        ("call_1_lookup_order", "A-1043"),
    ):
        assert order in calls[call_id]
        assert order in results[call_id]


def test_a_failed_tool_is_marked(sent: Outcome) -> None:
    _, result = sent.tools("tool_error")
    assert result["isError"] is True
    assert result["content"] == "order service: 404 no such order"


def test_a_handoff_is_a_marker_and_so_is_the_new_prompt(sent: Outcome) -> None:
    markers = [turn for turn in sent.turns("handoff") if turn["role"] == "system"]
    assert [(turn["kind"], turn["content"]) for turn in markers] == [
        ("handoff", "handoff: support -> billing"),
        ("config_update", "You handle refunds."),
    ]
    assert texts(sent.turns("handoff"))[-1] == (
        "assistant",
        "Billing here. I can refund that now.",
    )


def test_an_interruption_is_kept(sent: Outcome) -> None:
    answers = [t for t in sent.turns("interrupted") if t["role"] == "assistant"]
    assert [bool(turn.get("interrupted")) for turn in answers] == [
        False,
        True,
        False,
    ]
    assert answers[1]["content"].startswith("Here is detail number 0")


def test_a_broken_model_is_the_reason_of_the_end(sent: Outcome) -> None:
    body = sent.body("model_error")
    assert body["call"]["endedReason"] == "error"
    assert body["sessionReport"]["errors"]["llm"] > 0
    assert texts(sent.turns("model_error"))[0] == ("user", "hello")


def test_letters_of_all_kinds_arrive(sent: Outcome) -> None:
    assert texts(sent.turns("unicode")) == [
        ("user", "Grüße, 你好 👋"),
        ("assistant", "Grüß Gott! 你好 👋"),
    ]


def test_a_silent_caller_is_a_call_without_turns(sent: Outcome) -> None:
    assert sent.turns("empty") == []


def test_what_zelto_has_no_use_for_stays_at_home(
    sent: Outcome, reported: Outcome
) -> None:
    report = sent.body("order")["sessionReport"]
    assert report["duration_ms"] is None  # runs on until the report is made
    assert report["events"] is None
    assert reported.body("order")["events"] is None
