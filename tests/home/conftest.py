"""Agents, conversations, expected sessions and a worker that runs, for the home page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import WorkerPulse
from tests.conversations.conftest import make_agent, make_conversation
from tests.integrations.expected_sessions.made import livekit_project, make_session

__all__ = ["livekit_project", "make_agent", "make_conversation", "make_session"]


@pytest.fixture
def worker(db: None) -> WorkerPulse:
    """Return the sign of life of a worker that runs."""
    return WorkerPulse.objects.create(seen_at=timezone.now())


@pytest.fixture
def worker_away(worker: WorkerPulse) -> WorkerPulse:
    """Return the sign of life of a worker that has not run for ten minutes."""
    worker.seen_at = timezone.now() - timedelta(minutes=10)
    worker.save()
    return worker
