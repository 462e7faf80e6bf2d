"""The walk in docs/architecture.md: each file once, in the order of its first call."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import CO_NEWLOCALS
from types import FrameType

import pytest
from django.test import Client

from accounts.models import Organization, User
from conversations.models import Conversation
from integrations import tasks
from tests.conftest import MakeKey
from tests.zelto.stack import CHECKOUT

pytestmark = pytest.mark.django_db(transaction=True)

STEP = re.compile(r"^\d+\. `([^`]+)`", re.MULTILINE)
BODY = {
    "call": {
        "externalId": "call-1",
        "recordingUrl": "https://recordings.example.com/call-1.ogg",
    },
    "agent": {"externalId": "front-desk"},
    "transcript": {"turns": [{"role": "user", "content": "Hello"}]},
}
# What no function of is called, and what another process or thread calls.
NOT_SEEN = {
    "zelto/asgi.py",
    "zelto/wsgi.py",
    "web/server/application.py",
    "web/server/request_body.py",
    "web/server/turns.py",
    "web/server/exchange.py",
    "web/server/stalled_clients.py",
    "zelto/draining.py",
    "conversations/projection/update.py",
    "zelto/broker.py",
    "static/js/live.js",
    "conversations/urls.py",
    "templates/conversations/listing/list.html",
    "templates/conversations/detail/detail.html",
}


@contextmanager
def files_called() -> Iterator[list[str]]:
    """Give our files of which a function is called meanwhile, in this thread."""
    called: dict[str, None] = {}
    ours = f"{CHECKOUT}/"

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_flags & CO_NEWLOCALS:
            called.setdefault(code.co_filename)

    before = sys.getprofile()
    files: list[str] = []
    sys.setprofile(note)
    try:
        yield files
    finally:
        sys.setprofile(before)
        files += [name.removeprefix(ours) for name in called if name.startswith(ours)]


def test_it_is_the_way_of_a_session(
    make_key: MakeKey, organization: Organization, alice: User, client: Client
) -> None:
    key = make_key(organization)[1]
    client.force_login(alice)
    client.get("/nowhere")  # loads what is loaded once
    address = f"/org/{organization.slug}/conversations"

    with files_called() as files:
        client.post(
            "/webhooks/calls",
            json.dumps(BODY),
            content_type="application/json",
            headers={"Authorization": f"Bearer {key}", "X-Zelto-Provider": "livekit"},
        )
        tasks.process_deliveries()
        client.get(f"{address}?q=hello")
        client.get(f"{address}/{Conversation.objects.get().id}")

    text = (CHECKOUT / "docs/architecture.md").read_text("utf-8")
    steps = STEP.findall(text)
    assert len(steps) == len(set(steps)) > 50
    assert set(steps) - set(files) == NOT_SEEN
    walked = [step for step in steps if step not in NOT_SEEN]
    assert walked == [file for file in files if file in walked]
