"""Posting sessions as a worker does, and processing them as Zelto's worker does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organization
from integrations.processing import worker as processing_worker
from tests.conftest import MakeKey

Post = Callable[..., Any]
PATH = "/webhooks/calls"


def session(external_id: str = "call-1", **fields: Any) -> dict[str, Any]:
    """Return a small canonical body."""
    return {
        "call": {"externalId": external_id, **fields.pop("call", {})},
        "agent": {"externalId": "front-desk"},
        "transcript": {
            "turns": [
                {"role": "assistant", "content": "Hi, you have reached Acme."},
                {"role": "user", "content": "I have a missing order."},
            ]
        },
        **fields,
    }


@pytest.fixture(autouse=True)
def wakeups(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Return a list with one item for each wake-up; there is no broker in these tests."""
    sent: list[None] = []
    monkeypatch.setattr(
        "integrations.ingest.webhook.wake_worker", lambda: sent.append(None)
    )
    return sent


@pytest.fixture
def key(organization: Organization, make_key: MakeKey) -> str:
    return make_key(organization)[1]


@pytest.fixture
def post(key: str) -> Post:
    """Return `post(body)`; a dict goes as JSON. Headers by name; `key=None` sends none."""
    client = Client(raise_request_exception=False)

    def send(
        body: Any = None, *, key: str | None = key, path: str = PATH, **headers: str
    ) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body)
        content_type = headers.pop("content_type", "application/json")
        if key is not None:
            headers.setdefault("Authorization", f"Bearer {key}")
        return client.post(path, data, content_type=content_type, headers=headers)

    return send


@pytest.fixture
def process() -> Callable[[], None]:
    """Return a function that does what the worker does, until no delivery waits."""

    def work() -> None:
        while processing_worker.process_batch():
            pass

    return work
