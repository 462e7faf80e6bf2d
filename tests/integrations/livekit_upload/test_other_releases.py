"""The same of older and newer releases than the one that all other tests run.

Each has an environment of its own below var/livekit-venvs, 400 MB, which the first run
makes; so they are skipped unless they are asked for:

    make test-livekit
"""

from __future__ import annotations

import os
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

WANTED = os.environ.get("ZELTO_LIVEKIT_RELEASES", "")
pytestmark = [
    pytest.mark.processes,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not WANTED, reason="ZELTO_LIVEKIT_RELEASES is not set"),
]

# By the release, what is known of why its sessions closed.
REASONS = {"1.7.1": "", "1.8.8": "user_initiated", "2.0.0b1": "user_initiated"}


@pytest.mark.parametrize(("release", "reason"), REASONS.items())
def test_each_session_of_another_release_arrives_whole(
    live_server: Any, token: str, process: Any, release: str, reason: str
) -> None:
    worker = run_uploading(
        live_server.url, token, process, *TEXT, VOICE, release=release
    )
    for room in (*TEXT, VOICE):
        call = assert_whole(worker, room)
        assert call.metadata["sdkVersion"] == release
        assert (call.ended_reason or "") == reason
        assert ("shutdownReason" in call.metadata) == bool(reason)
    assert Recording.objects.count() == 1
    assert_heard(worker, Conversation.objects.get(metadata__room=VOICE))
    assert not Delivery.objects.filter(outcome=Delivery.Outcome.FAILED).exists()
    assert not Delivery.objects.filter(outcome=Delivery.Outcome.REJECTED).exists()
