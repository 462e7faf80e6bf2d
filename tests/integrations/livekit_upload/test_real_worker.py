"""Sessions of a real LiveKit worker that has no line of ours, only the upload URL."""

from __future__ import annotations

from typing import Any

import pytest

from conversations.models import Conversation, Recording
from integrations.models import Delivery
from tests.integrations.livekit_upload.whole_sessions import (
    TEXT,
    VOICE,
    assert_heard,
    assert_whole,
    run_uploading,
)
from tests.integrations.livekit_worker.worker import run_worker

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


def test_each_session_arrives_whole(live_server: Any, token: str, process: Any) -> None:
    worker = run_uploading(live_server.url, token, process, *TEXT, VOICE)
    for room in (*TEXT, VOICE):
        call = assert_whole(worker, room)
        assert call.ended_reason == "user_initiated"
        assert call.metadata["shutdownReason"] == "the script has ended"
    assert Recording.objects.count() == 1
    assert_heard(worker, Conversation.objects.get(metadata__room=VOICE))
    assert not Delivery.objects.filter(outcome=Delivery.Outcome.FAILED).exists()
    assert not Delivery.objects.filter(outcome=Delivery.Outcome.REJECTED).exists()


def test_a_session_that_no_server_dispatched_is_a_test(
    live_server: Any, token: str, process: Any
) -> None:
    url = f"{live_server.url}/livekit/{token}/desk"
    run_worker(None, "order", key=None, upload_url=url)
    process()
    assert Conversation.objects.get().is_test
