"""Sessions of a real LiveKit worker that has no line of ours, only the upload URL."""

from __future__ import annotations

from typing import Any

import pytest

from conversations.models import Conversation
from integrations.models import Delivery
from tests.integrations.livekit_worker.worker import run_worker

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

SCENARIOS = ["order", "tool_error", "handoff", "unicode"]


def said(items: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Roles and words of the SDK's own report."""
    return [
        (item["role"], "\n".join(item["content"]).strip())
        for item in items
        if item["type"] == "message" and item["role"] in ("user", "assistant")
    ]


def test_each_session_arrives_whole(live_server: Any, token: str, process: Any) -> None:
    url = f"{live_server.url}/livekit/{token}/desk"
    worker = run_worker(
        None,
        *SCENARIOS,
        key=None,
        upload_url=url,
        agent_name="support-line",
        is_dispatched=True,
    )
    Delivery.objects.filter(next_try_at__isnull=False).update(next_try_at=None)
    process()
    for room in SCENARIOS:
        session = worker.sessions[room]
        assert session.report is not None
        call = Conversation.objects.get(external_id=session.job_id)
        turns = call.transcript.turns or []
        assert [
            (turn["role"], turn["content"].strip())
            for turn in turns
            if turn["role"] in ("user", "assistant")
        ] == said(session.report["chat_history"]["items"])
        assert not call.is_test
        assert call.agent.external_id == "support-line"
        assert call.metadata["room"] == room
        assert call.metadata["livekitApiKey"] == "APIofThisTest"
    assert not Delivery.objects.filter(outcome=Delivery.Outcome.FAILED).exists()
    assert not Delivery.objects.filter(outcome=Delivery.Outcome.REJECTED).exists()


def test_a_session_that_no_server_dispatched_is_a_test(
    live_server: Any, token: str, process: Any
) -> None:
    url = f"{live_server.url}/livekit/{token}/desk"
    run_worker(None, "order", key=None, upload_url=url)
    process()
    assert Conversation.objects.get().is_test
