"""What becomes of the sessions that LiveKit's SDKs upload by themselves."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import override_settings

from conversations.models import Agent, Charge, Conversation, Recording
from integrations.models import Delivery
from tests.integrations.conftest import session
from tests.integrations.livekit_upload.recorded import (
    Request,
    requests_of,
    upload,
    upload_all,
)

pytestmark = pytest.mark.django_db(transaction=True)

WHOLE = {
    "py-1.5.1-text-handoff": "support-bot",
    "py-1.7.1-text-handoff": "support-bot",
    "py-1.8.9-text-handoff": "support-bot",
    "py-2.0.0b1-text-handoff": "support-bot",
    "node-1.9.0-text-handoff": "support-bot",
}
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


def spoken(call: Conversation) -> list[tuple[str, str]]:
    """Roles and words, without markers."""
    return [
        (turn["role"], turn["content"].strip())
        for turn in call.transcript.turns or ()
        if turn["role"] in ("user", "assistant")
    ]


def history_of(case: str) -> list[tuple[str, str]]:
    """What was said, as the body of the session has it."""
    body = requests_of(case, "recordings")[0].body
    history = json.loads(body[body.index(b'{"items"') : body.rindex(b"}]}") + 3])
    return [
        (item["role"], "\n".join(item["content"]).strip())
        for item in history["items"]
        if item["type"] == "message" and item["role"] in ("user", "assistant")
    ]


@pytest.mark.parametrize(("case", "agent"), WHOLE.items())
def test_a_session_of_each_version_is_one_conversation(
    token: str, process: Process, case: str, agent: str
) -> None:
    upload_all(token, requests_of(case))
    process()
    call = the_call()
    assert spoken(call) == history_of(case)
    assert call.provider == "livekit"
    # Before 1.6.6 the session has no job, and came before the logs, which have.
    assert call.external_id.startswith("RM_" if "1.5.1" in case else "AJ_")
    assert call.metadata["room"].startswith("native-")
    assert call.metadata["sdkVersion"] in case
    assert call.started_at is not None
    assert call.ended_at is not None
    assert any(turn.get("kind") == "handoff" for turn in call.transcript.turns or ())
    assert call.agent.external_id == agent
    assert not Delivery.objects.filter(outcome=Delivery.Outcome.FAILED).exists()


@pytest.mark.parametrize("case", WHOLE)
def test_the_logs_alone_hold_the_whole_transcript(
    token: str, process: Process, case: str
) -> None:
    upload_all(token, requests_of(case, "logs"))
    process()
    call = the_call()
    assert spoken(call) == history_of(case)
    assert call.started_at is not None


@pytest.mark.parametrize("case", WHOLE)
def test_the_session_alone_is_a_conversation_too(
    token: str, process: Process, case: str
) -> None:
    upload_all(token, requests_of(case, "recordings"))
    process()
    assert spoken(the_call()) == history_of(case)


def as_it_is() -> dict[str, Any]:
    """All that other programs see of the one conversation, but when."""
    call = the_call()
    names = (
        *("external_id", "started_at", "ended_at", "sent_duration_seconds"),
        *("ended_reason", "metadata", "turn_count", "is_test", "version"),
    )
    facts = {name: getattr(call, name) for name in names}
    return facts | {
        "turns": call.transcript.turns,
        "prompt": call.transcript.system_prompt,
        "agent": call.agent.external_id,
    }


@pytest.mark.parametrize(
    "case",
    ["py-1.5.1-text-handoff", "py-1.7.1-text-handoff", "py-1.8.9-text-handoff"],
)
def test_no_order_and_no_repetition_makes_a_difference(
    token: str, process: Process, case: str
) -> None:
    requests = requests_of(case, "recordings", "logs")
    results = []
    for order in itertools.permutations(range(len(requests))):
        for processed_between in (False, True):
            for number in (*order, order[0]):
                upload_all(token, [requests[number]])
                if processed_between:
                    process()
            process()
            results.append(as_it_is())
            Conversation.objects.all().delete()
            Delivery.objects.all().delete()
    ids = {result.pop("external_id") for result in results}
    assert all(result == results[0] for result in results)
    assert len(ids) == 1 or case.startswith("py-1.5")


def test_a_worker_that_also_forwards_makes_the_same_conversation(
    token: str, post: Any, process: Process
) -> None:
    requests = requests_of("py-1.8.9-text-handoff", "recordings", "logs")
    upload_all(token, requests)
    process()
    job = the_call().external_id
    body = session(job, customer={"number": "+4930901820"})
    assert post(body, **{"X-Zelto-Provider": "livekit"}).status_code == 200
    process()
    call = the_call()
    assert call.external_id == job
    assert call.metadata["sdkVersion"] == "1.8.9"
    # What was forwarded by code counts more, also when an upload comes later.
    said = spoken(call)
    upload_all(token, requests)
    process()
    assert spoken(the_call()) == said


def test_the_audio_is_kept_until_the_worker_has_read_it(
    token: str, process: Process
) -> None:
    upload_all(token, requests_of("py-1.8.9-voice"))
    process()
    recording = Recording.objects.get()
    assert recording.source_url.startswith("received:")
    from conversations.recordings.fetch_worker import fetch

    claimed = Recording.claim_next()
    assert claimed is not None
    fetch(claimed)
    recording.refresh_from_db()
    assert recording.public_state == "stored", recording.last_error
    assert recording.channels == 2
    assert recording.duration_seconds == pytest.approx(9.7, abs=0.5)
    # Repeated, it is fetched again, and one is kept.
    upload_all(token, requests_of("py-1.8.9-voice", "recordings"))
    process()
    assert Recording.objects.get().public_state == "stored"


def test_verdict_and_tags_are_facts_of_the_conversation(
    token: str, process: Process
) -> None:
    upload_all(token, requests_of("py-1.8.9-voice"))
    process()
    assert the_call().outcome == "success"
    metadata = the_call().metadata
    assert metadata["outcome"] == {"outcome": "success", "reason": "scripted success"}
    assert metadata["tags"] == ["lk.success", "vip:true"]
    assert metadata["livekitApiKey"] == "APIprobe"
    assert metadata["channels"] == ["user", "agent"]
    assert metadata["recordingStartedAt"] == pytest.approx(1795906418.8466578)


def test_a_session_whose_own_upload_was_refused_comes_from_its_logs(
    token: str, process: Process
) -> None:
    requests = requests_of("py-1.8.9-multipart-refused-401", "logs")
    upload_all(token, requests)
    process()
    assert spoken(the_call())
    bodies = [bytes(one.body or b"") for one in Delivery.objects.all()]
    assert any(b"failed to upload" in body for body in bodies)


@pytest.mark.parametrize("kept", ["nothing", "words", "all"])
def test_redacted_sessions_keep_what_the_operator_chose(
    token: str, process: Process, kept: str
) -> None:
    with override_settings(LIVEKIT_REDACTED=kept):
        upload_all(token, requests_of("py-1.8.9-redaction", "recordings"))
        process()
    call = the_call()
    assert call.metadata["redactionEnabled"] is True
    words = "".join(words for _, words in spoken(call))
    bodies = b"".join(bytes(one.body or b"") for one in Delivery.objects.all())
    assert bool(words) == (kept != "nothing")
    if kept == "nothing":
        assert call.turn_count > 0
        assert b"hello" not in bodies.lower()


def renamed(request: Request, old: bytes, new: bytes) -> Request:
    assert len(old) == len(new)
    return Request(
        request.signal, request.path, request.headers, request.body.replace(old, new)
    )


def test_a_job_that_no_server_dispatched_is_a_test_and_not_charged(
    token: str, process: Process
) -> None:
    (request,) = requests_of("py-1.7.1-text-handoff", "recordings")
    job = b"AJ_0c2859aa12c3"
    assert upload(token, renamed(request, job, b"mock-job-a12c35"))
    process()
    assert the_call().is_test
    assert not Charge.objects.exists()


def test_the_address_names_the_agent_where_nothing_else_does(
    token: str, process: Process
) -> None:
    upload_all(token, requests_of("py-1.5.1-text-handoff", "recordings"), agent="desk")
    process()
    assert Agent.objects.get().external_id == "desk"


def test_a_text_session_begins_when_its_logs_say_and_never_in_1970(
    token: str, process: Process
) -> None:
    upload_all(token, requests_of("py-1.7.1-text-handoff", "recordings"))
    process()
    started = the_call().started_at
    assert started is None or started > datetime(2020, 1, 1, tzinfo=UTC)
    upload_all(token, requests_of("py-1.7.1-text-handoff", "logs"))
    process()
    started = the_call().started_at
    assert started is not None
    assert started > datetime(2020, 1, 1, tzinfo=UTC)
