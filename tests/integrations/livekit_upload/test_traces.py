"""Why a session closed, which before livekit-agents 1.8.9 is in its spans alone."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import override_settings

from conversations.models import Conversation
from integrations.models import Delivery
from tests.integrations.livekit_upload.recorded import (
    post,
    requests_of,
    upload,
    upload_all,
)

pytestmark = pytest.mark.django_db(transaction=True)

BETA = "py-2.0.0b1-text-handoff"
TRACES = "/observability/traces/otlp/v0"
JSON = {"content-type": "application/json"}
PROTOBUF = {"content-type": "application/x-protobuf"}
Process = Callable[[], None]


@pytest.fixture
def process(process: Process) -> Process:
    """Process what waits, also what was to be left alone for a moment."""

    def work() -> None:
        Delivery.objects.filter(next_try_at__gt=Now()).update(next_try_at=Now())
        process()

    return work


def the_call() -> Conversation:
    return Conversation.objects.select_related("agent", "transcript").get()


def span(name: str, **attributes: str) -> dict[str, Any]:
    """A span as OTLP writes it in JSON."""
    values = [
        {"key": key, "value": {"stringValue": value}}
        for key, value in attributes.items()
    ]
    return {"name": name, "startTimeUnixNano": "1", "attributes": values}


def closed(reason: str) -> dict[str, Any]:
    return span("session_close", **{"lk.close_reason": reason})


def shut_down(reason: str) -> dict[str, Any]:
    return span("job_shutdown", **{"lk.shutdown.reason": reason})


def in_json(*spans: dict[str, Any], job: str = "AJ_7036e55f1141") -> bytes:
    resource = span("", job_id=job, room_id="RM_1", **{"lk.agent_name": "desk"})
    scope = {"scope": {"name": "livekit-agents"}, "spans": list(spans)}
    body = {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}
    return json.dumps(body).encode()


def post_spans(token: str, *spans: dict[str, Any], **options: str) -> Any:
    return post(f"/livekit/{token}{TRACES}", in_json(*spans, **options), JSON)


def test_a_session_that_names_no_reason_has_the_one_of_its_spans(
    token: str, process: Process
) -> None:
    upload_all(token, requests_of(BETA))
    process()
    assert the_call().ended_reason == "user_initiated"
    assert the_call().metadata["shutdownReason"] == "probe finished"
    assert the_call().agent.external_id == "support-bot"


def test_before_1_8_2_there_is_none(token: str, process: Process) -> None:
    upload_all(token, requests_of("py-1.7.1-text-handoff"))
    process()
    assert not the_call().ended_reason
    assert Delivery.objects.filter(source="livekit-traces").count() == 0


def test_no_order_and_no_repetition_makes_a_difference(
    token: str, process: Process
) -> None:
    requests = requests_of(BETA, "recordings", "logs", "traces")
    results = []
    for order in itertools.permutations(range(len(requests))):
        for number in (*order, order[0]):
            upload_all(token, [requests[number]])
            process()
        call = the_call()
        results.append(
            (call.ended_reason, call.metadata, call.transcript.turns, call.started_at)
        )
        assert call.agent.external_id == "support-bot"
        Conversation.objects.all().delete()
        Delivery.objects.all().delete()
    assert all(result == results[0] for result in results)


def test_what_the_session_itself_says_counts_more(token: str, process: Process) -> None:
    requests = requests_of("py-1.8.9-text-handoff", "recordings", "logs")
    upload_all(token, requests)
    process()
    job = the_call().external_id
    assert post_spans(token, closed("error"), job=job).status_code == 200
    process()
    assert the_call().ended_reason == "user_initiated"


def test_they_are_read_as_json_too(token: str, process: Process) -> None:
    upload_all(token, requests_of(BETA, "recordings", "logs"))
    assert post_spans(token, closed("participant_disconnected")).status_code == 200
    process()
    assert the_call().ended_reason == "participant_disconnected"


def test_a_session_of_which_nothing_else_came_is_a_conversation(
    token: str, process: Process
) -> None:
    assert post_spans(token, closed("error"), shut_down("job crashed"))
    process()
    call = the_call()
    assert call.ended_reason == "error"
    assert call.metadata["shutdownReason"] == "job crashed"
    assert call.agent.external_id == "desk"
    assert call.external_id == "AJ_7036e55f1141"


def test_a_job_that_reached_no_session_is_none(token: str) -> None:
    assert post_spans(token, shut_down("job crashed")).status_code == 200
    assert not Delivery.objects.exists()


def test_the_end_of_the_job_may_come_by_itself_behind_its_session(
    token: str, process: Process
) -> None:
    post_spans(token, closed("job_shutdown"))
    post_spans(token, shut_down("the operator went home"))
    process()
    assert the_call().ended_reason == "job_shutdown"
    assert the_call().metadata["shutdownReason"] == "the operator went home"


def test_the_first_session_of_a_job_counts(token: str, process: Process) -> None:
    post_spans(token, closed("task_completed"), closed("error"))
    post_spans(token, closed("job_shutdown"))
    process()
    assert the_call().ended_reason == "task_completed"


@pytest.mark.parametrize("value", [{"intValue": "3"}, {"arrayValue": {}}, None])
def test_a_reason_that_is_no_text_is_left_out(
    token: str, process: Process, value: Any
) -> None:
    broken = {
        "name": "session_close",
        "attributes": [{"key": "lk.close_reason", "value": value}],
    }
    assert post_spans(token, broken).status_code == 200
    process()
    assert not the_call().ended_reason
    assert not Delivery.objects.filter(outcome=Delivery.Outcome.FAILED).exists()


def test_of_a_session_no_other_span_is_kept(token: str) -> None:
    upload_all(token, requests_of(BETA, "traces"))
    body = bytes(Delivery.objects.get().body or b"")
    assert b"user_initiated" in body
    assert b"chat_ctx" not in body
    assert b"Northwind" not in body
    upload(token, requests_of("py-1.8.9-voice", "traces")[0])  # of its middle
    assert Delivery.objects.count() == 1


def test_a_redacted_session_keeps_why_it_closed(token: str, process: Process) -> None:
    with override_settings(LIVEKIT_REDACTED="nothing"):
        upload_all(token, requests_of("py-1.8.9-redaction"))
        process()
    assert the_call().ended_reason == "user_initiated"
    bodies = b"".join(bytes(one.body or b"") for one in Delivery.objects.all())
    assert b"hello" not in bodies.lower()


@pytest.mark.parametrize("body", [b"\xff\xff\xff", b"\x0a\x05\x12"])
def test_what_is_no_protobuf_is_refused(token: str, body: bytes) -> None:
    answer = post(f"/livekit/{token}{TRACES}", body, PROTOBUF)
    assert answer.status_code == 400
    assert "OTLP" in answer.json()["detail"]


def test_more_than_is_read_is_taken_and_counted(token: str, settings: Any) -> None:
    settings.MAX_BODY_BYTES = 1000
    answer = upload(token, requests_of(BETA, "traces")[0])
    assert answer.status_code == 200
    counted = Delivery.objects.get()
    assert counted.outcome == Delivery.Outcome.IGNORED
    assert "larger" in counted.reason
