"""What the page of an uploaded session says of parts that never came."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.test import Client, override_settings

from conversations.models import Conversation
from integrations.models import Delivery
from tests.integrations.conftest import session
from tests.integrations.livekit_upload.recorded import (
    Request,
    requests_of,
    upload,
    upload_all,
)

pytestmark = pytest.mark.django_db(transaction=True)

CASE = "py-1.8.9-text-handoff"
EARLIER = "py-1.7.1-text-handoff"
Process = Callable[[], None]


@pytest.fixture
def settle(process: Process) -> Process:
    """Process what waits, and let some minutes go by."""

    def work() -> None:
        Delivery.objects.filter(next_try_at__gt=Now()).update(next_try_at=Now())
        process()
        earlier = F("received_at") - timedelta(minutes=5)
        Delivery.objects.update(received_at=earlier)

    return work


def page_of(client: Client) -> str:
    call = Conversation.objects.get()
    return client.get(f"/org/acme/conversations/{call.id}").content.decode()


def said_on(client: Client) -> str:
    """What the page says of missing parts, as plain text."""
    content = page_of(client)
    if 'id="missing"' not in content:
        return ""
    part = content[content.index('id="missing"') :]
    text = re.sub("<[^>]+>", " ", part[: part.index("</ul>")])
    return " ".join(text.split())


def test_of_a_whole_session_only_the_audio_is_not_there(
    alice_client: Client, token: str, settle: Process
) -> None:
    upload_all(token, requests_of(CASE))
    settle()
    said = said_on(alice_client)
    assert "No audio: none came with the session" in said
    assert "log" not in said


def test_of_a_session_with_audio_nothing_is_said(
    alice_client: Client, token: str, settle: Process
) -> None:
    upload_all(token, requests_of("py-1.8.9-voice"))
    settle()
    assert said_on(alice_client) == ""


def test_logs_alone_are_not_whole_yet_for_a_minute(
    alice_client: Client, token: str, process: Process, settle: Process
) -> None:
    upload_all(token, requests_of(CASE, "logs"))
    process()
    assert "Only its log is here yet" in said_on(alice_client)
    settle()
    assert (
        "Logs only: the upload of the session itself never came. What is shown is"
    ) in said_on(alice_client)


def test_the_workers_own_log_tells_why_the_session_never_came(
    alice_client: Client, token: str, settle: Process
) -> None:
    upload_all(token, requests_of("py-1.8.9-multipart-refused-401", "logs"))
    settle()
    assert (
        "No audio: the worker could not upload the session itself: its log says "
        "401 Unauthorized. What is shown is from its log."
    ) in said_on(alice_client)
    assert Conversation.objects.get().metadata["uploadError"] == "401 Unauthorized"


def too_large(token: str, request: Request) -> None:
    """Post a session that is refused once it was read."""
    history = request.body.partition(b'{"items"')[2].partition(b"\r\n--")[0]
    with override_settings(MAX_BODY_BYTES=len(history) + 20):
        assert upload(token, request).status_code == 413


def test_a_refused_session_is_linked(
    alice_client: Client, bob_client: Client, token: str, settle: Process
) -> None:
    (request,) = requests_of(CASE, "recordings")
    upload_all(token, requests_of(CASE, "logs"))
    too_large(token, request)
    settle()
    said = said_on(alice_client)
    assert "No audio: the upload of the session was refused at " in said
    assert "What it says of one session is over " in said
    refused = Delivery.objects.get(outcome="rejected")
    assert refused.external_id == Conversation.objects.get().external_id
    link = f"/org/acme/deliveries/{refused.uuid}"
    assert link in page_of(alice_client)
    # Members do not see the log.
    assert "was refused at" in said_on(bob_client)
    assert link not in page_of(bob_client)


def unread(token: str, request: Request) -> None:
    """Post a session that is refused before its job is known."""
    body = request.body.replace(b'name="header"', b'name="heador"')
    assert upload(token, replace(request, body=body)).status_code == 400


def test_a_session_that_is_refused_unread_is_found_by_its_time(
    alice_client: Client, token: str, settle: Process
) -> None:
    (request,) = requests_of(CASE, "recordings")
    upload_all(token, requests_of(CASE, "logs"))
    unread(token, request)
    settle()
    said = said_on(alice_client)
    assert "probably of this session, was refused at" in said


def test_another_keys_refusal_is_not_this_ones(
    alice_client: Client,
    organization: Any,
    make_key: Any,
    token: str,
    settle: Process,
) -> None:
    (request,) = requests_of(EARLIER, "recordings")
    upload_all(token, requests_of(CASE, "logs"))
    _, another = make_key(organization, scope="ingest")
    unread(another, request)
    settle()
    assert "Logs only" in said_on(alice_client)


def test_a_session_without_its_log_lacks_what_only_the_log_has(
    alice_client: Client, token: str, settle: Process
) -> None:
    upload_all(token, requests_of(EARLIER, "recordings"))
    settle()
    said = said_on(alice_client)
    assert "No session report: the log of its job never came." in said
    assert "Room name, usage, version" in said


def test_since_1_8_9_a_session_without_its_log_lacks_less(
    alice_client: Client, token: str, settle: Process
) -> None:
    upload_all(token, requests_of(CASE, "recordings"))
    settle()
    said = said_on(alice_client)
    assert "No log: the log of its job never came." in said
    assert "session report" not in said


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ("nothing", "who spoke and when, and neither words nor audio"),
        ("words", "what was said, and no audio"),
        ("all", "all of it"),
    ],
)
def test_a_redacted_session_says_what_was_kept_and_by_which_setting(
    alice_client: Client, token: str, settle: Process, kept: str, said: str
) -> None:
    with override_settings(LIVEKIT_REDACTED=kept):
        upload_all(token, requests_of("py-1.8.9-redaction"))
        settle()
    # What the setting says later does not change what was kept.
    found = said_on(alice_client)
    assert f"so Zelto kept {said}. ZELTO_LIVEKIT_REDACTED was {kept}." in found
    assert "No audio" not in found


def test_what_is_forwarded_by_code_says_nothing(
    alice_client: Client, post: Any, settle: Process
) -> None:
    assert post(session("room-1"), **{"X-Zelto-Provider": "livekit"}).status_code == 200
    settle()
    assert said_on(alice_client) == ""


def test_no_token_of_the_sdk_is_kept_in_what_it_logs(
    token: str, settle: Process
) -> None:
    upload_all(token, requests_of("py-1.8.9-multipart-refused-401", "logs"))
    bodies = b"".join(bytes(one.body or b"") for one in Delivery.objects.all())
    assert b"failed to upload" in bodies
    assert b"eyJhbGciOi" not in bodies
