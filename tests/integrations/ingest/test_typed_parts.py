"""Words in typed parts, from the post to the page and to whoever looks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from conversations.models import Conversation
from integrations.models import Delivery
from tests.integrations.conftest import Post, session

pytestmark = pytest.mark.django_db

SAID = "I want to move my appointment"
PARTS = [{"type": "text", "text": SAID}]
ITEM = {"type": "message", "role": "user", "content": PARTS}


@pytest.mark.parametrize(
    ("provider", "transcript"),
    [
        ("zelto", {"turns": [{"role": "user", "content": PARTS}]}),
        ("livekit", {"turns": [{"role": "user", "content": PARTS}]}),
        ("livekit", {"items": [ITEM]}),
    ],
)
def test_they_are_shown(
    post: Post,
    process: Callable[[], None],
    bob_client: Client,
    provider: str,
    transcript: dict[str, Any],
) -> None:
    answer = post(session(transcript=transcript), **{"X-Zelto-Provider": provider})
    process()

    assert answer.json() == {"received": True}
    assert Delivery.objects.get().warnings == []
    conversation = Conversation.objects.get()
    page = bob_client.get(f"/org/acme/conversations/{conversation.id}")
    assert SAID in page.content.decode()
    assert "No words" not in page.content.decode()
