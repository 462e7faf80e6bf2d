"""A project that is watched, and posting events to it as its server does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from livekit.protocol.webhook import WebhookEvent

from accounts.models import Organization
from integrations.livekit_events import event_worker, known_projects
from integrations.models import LiveKitCredential, LiveKitProject
from tests.integrations.livekit_events import livekit_server

PostEvent = Callable[..., Any]


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    known_projects.forget_all()


@pytest.fixture(autouse=True)
def event_wakeups(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Return a list with one item for each wake-up; there is no broker in these tests."""
    sent: list[None] = []
    monkeypatch.setattr(
        "integrations.livekit_events.webhook.wake_worker", lambda: sent.append(None)
    )
    return sent


@pytest.fixture
def project(organization: Organization) -> LiveKitProject:
    made = LiveKitProject.objects.create(organization=organization, name="Production")
    LiveKitCredential.objects.create(
        project=made, api_key=livekit_server.API_KEY, secret=livekit_server.SECRET
    )
    return made


@pytest.fixture
def post_event(project: LiveKitProject) -> PostEvent:
    """Return `post_event(event)`: an event or bytes, signed unless a token is given."""
    client = Client(raise_request_exception=False)

    def send(
        event: WebhookEvent | bytes,
        *,
        token: str | None = None,
        to: str = project.token,
        content_type: str = "application/webhook+json",
        **headers: str,
    ) -> Any:
        body = event if isinstance(event, bytes) else livekit_server.written(event)
        return client.post(
            f"/webhooks/livekit/{to}",
            data=body,
            content_type=content_type,
            headers={
                "Authorization": livekit_server.signed(body)
                if token is None
                else token,
                **headers,
            },
        )

    return send


@pytest.fixture
def process() -> Callable[[], None]:
    """Return what reads all events that wait."""

    def run() -> None:
        while event_worker.process_batch():
            pass

    return run
