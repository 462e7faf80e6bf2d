"""The page on which admins upload a recording."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from accounts.models import Organization, User
from conversations.models import Agent, Conversation, Recording, Transcription
from integrations.models import Delivery
from tests.conversations.recordings.sounds import write_sound
from web.long_answers import MOST, Kind, take_slot

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/org/acme/conversations/upload"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder: Path = tmp_path_factory.mktemp("sound")
    return write_sound(folder / "a.mp3", 2.0, channels=2).read_bytes()


def send(client: Client, content: bytes | None, **fields: Any) -> Any:
    fields = {"agent": "new", "channels": "usual"} | fields
    if content is not None:
        fields["file"] = SimpleUploadedFile("call.mp3", content)
    return client.post(PAGE, fields, headers=fields.pop("headers", None))


def test_a_recording_becomes_a_conversation_that_is_transcribed(
    dora_client: Client, sound: bytes
) -> None:
    response = send(dora_client, sound, new_agent="desk", reference="call-7")

    conversation = Conversation.objects.get()
    assert response["Location"] == f"/org/acme/conversations/{conversation.pk}"
    assert (conversation.provider, conversation.external_id) == ("upload", "call-7")
    assert conversation.has_audio
    assert Recording.objects.get().channels == 2
    assert Transcription.objects.get().state == "waiting"
    delivery = Delivery.objects.get()
    assert (delivery.source, delivery.key) == ("form", None)
    assert "Dora" in delivery.user_agent


def test_a_reference_is_made_up_and_an_agent_may_be_chosen(
    dora_client: Client, organization: Organization, sound: bytes
) -> None:
    agent = Agent.objects.create(
        organization=organization, provider="livekit", external_id="front"
    )
    send(dora_client, sound, agent=str(agent.pk), channels="agent,user")
    conversation = Conversation.objects.get()
    assert conversation.external_id.startswith("upload-")
    assert conversation.agent == agent
    assert conversation.metadata == {"channels": ["agent", "user"]}


def test_a_script_is_told_where_to_go(dora_client: Client, sound: bytes) -> None:
    headers = {"X-Requested-With": "XMLHttpRequest"}
    response = send(dora_client, sound, new_agent="desk", headers=headers)
    assert response.status_code == 201
    assert response.json()["url"].endswith(str(Conversation.objects.get().pk))


@pytest.mark.parametrize(
    ("content", "fields", "says"),
    [
        (None, {"new_agent": "desk"}, "Choose a file."),
        (b"", {"new_agent": "desk"}, "This file is empty."),
        (b"<html>", {"new_agent": "desk"}, "It is a web page, not audio."),
        (b"SOUND", {}, "Name the agent, or choose one."),
        (b"SOUND", {"agent": "7"}, "Select a valid choice."),
        (b"SOUND", {"new_agent": "a\nb"}, "one line"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(
    dora_client: Client,
    sound: bytes,
    content: bytes | None,
    fields: dict[str, str],
    says: str,
) -> None:
    response = send(dora_client, sound if content == b"SOUND" else content, **fields)
    assert response.status_code == 200
    assert says in response.content.decode()
    assert not Conversation.objects.exists()


def test_a_file_over_the_limit_is_not_kept(dora_client: Client, sound: bytes) -> None:
    with override_settings(MAX_AUDIO_BYTES=len(sound) - 1):
        response = send(dora_client, sound, new_agent="desk")
    assert "over the limit" in response.content.decode()
    assert not Conversation.objects.exists()


def test_another_site_cannot_send_it(dora: User, sound: bytes) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(dora)
    assert send(client, sound, new_agent="desk").status_code == 403
    page = client.get(PAGE)
    token = str(page.context["csrf_token"])
    sent = send(client, sound, new_agent="desk", csrfmiddlewaretoken=token)
    assert sent.status_code == 302


def test_only_so_many_are_read_at_once(
    dora_client: Client, sound: bytes, organization: Organization
) -> None:
    with ExitStack() as others:
        for _ in range(MOST[Kind.UPLOAD][1]):
            others.enter_context(take_slot(Kind.UPLOAD, organization.pk))
        response = send(dora_client, sound, new_agent="desk")
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert "Other uploads are under way." in response.content.decode()
    assert send(dora_client, sound, new_agent="desk").status_code == 302


def test_the_list_leads_there(dora_client: Client, bob_client: Client) -> None:
    assert PAGE in dora_client.get("/org/acme/conversations").content.decode()
    assert PAGE not in bob_client.get("/org/acme/conversations").content.decode()


def test_it_is_for_admins(bob_client: Client, charlie_client: Client) -> None:
    for method in ("get", "post"):
        assert getattr(bob_client, method)(PAGE).status_code == 403
        assert getattr(charlie_client, method)(PAGE).status_code == 404
    assert Client().post(PAGE).status_code == 302
