"""Where a transcription stands, as the page says it, and the button that asks for one."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory, override_settings
from django.urls import resolve

from conversations.detail.player import recording_panel
from conversations.models import Conversation, Recording, Transcript, Transcription
from tests.conversations.conftest import MakeConversation

pytestmark = pytest.mark.django_db

FILE = "a/b/c.ogg"
ENGINE = "conversations.transcription.engine"


@pytest.fixture
def conversation(make_conversation: MakeConversation) -> Conversation:
    made: Conversation = make_conversation(applied_through=1, has_audio=True)
    Transcript.objects.create(conversation=made)
    Recording.objects.create(conversation=made, file=FILE, state="done")
    return made


def path_of(conversation: Conversation) -> str:
    return f"/org/acme/conversations/{conversation.pk}"


def said(conversation: Conversation, *, is_admin: bool = True) -> str:
    conversation = Conversation.objects.get(pk=conversation.pk)
    request = RequestFactory().get(path_of(conversation))
    request.resolver_match = resolve(request.path)
    context = {
        "conversation": conversation,
        "listening": recording_panel(
            conversation, Transcript.objects.filter(conversation=conversation).first()
        ),
        "organization": conversation.organization,
        "is_admin": is_admin,
        "request": request,
    }
    html = render_to_string("conversations/detail/_transcription.html", context)
    return " ".join(html.split())


def job(conversation: Conversation, **fields: Any) -> Transcription:
    made, _ = Transcription.objects.update_or_create(
        conversation=conversation, defaults={"file": FILE, **fields}
    )
    return made


def test_an_admin_asks_for_it(dora_client: Client, conversation: Conversation) -> None:
    assert ">Transcribe</button>" in said(conversation)
    response = dora_client.post(f"{path_of(conversation)}/transcribe")
    assert response["Location"] == path_of(conversation)
    assert Transcription.objects.get().file == FILE
    assert "It is transcribed next." in said(conversation)
    assert "<button" not in said(conversation)


def test_a_member_sees_no_button(conversation: Conversation) -> None:
    assert "Not transcribed" in said(conversation, is_admin=False)
    assert "<button" not in said(conversation, is_admin=False)


def test_it_shows_how_far_it_is(conversation: Conversation) -> None:
    job(conversation, state="running", progress=0.424)
    assert "Transcribing" in said(conversation)
    assert 'value="0.424"' in said(conversation)
    assert "42 %" in said(conversation)


def test_without_an_engine_it_says_how_to_install_it(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    job(conversation)
    monkeypatch.setattr(f"{ENGINE}.importlib.util.find_spec", lambda _: None)
    assert "pip install -r requirements-stt.txt" in said(conversation)
    assert "Nothing is lost" in said(conversation)
    with override_settings(STT_ENGINE="none"):
        assert "switched off by ZELTO_STT_ENGINE=none" in said(conversation)


def test_a_failure_says_why_and_can_be_tried_again(
    dora_client: Client, conversation: Conversation
) -> None:
    job(conversation, state="failed", attempts=5, last_error="<b>broken</b>")
    assert "&lt;b&gt;broken&lt;/b&gt;" in said(conversation)
    assert ">Try again</button>" in said(conversation)
    dora_client.post(f"{path_of(conversation)}/transcribe")
    again = Transcription.objects.get()
    assert (again.state, again.attempts, again.last_error) == ("waiting", 0, "")


def test_what_is_under_way_is_not_begun_anew(
    dora_client: Client, conversation: Conversation
) -> None:
    job(conversation, state="running", attempts=1, progress=0.5)
    dora_client.post(f"{path_of(conversation)}/transcribe")
    assert Transcription.objects.get().state == "running"


def test_a_newer_recording_can_be_transcribed_again(
    dora_client: Client, conversation: Conversation
) -> None:
    job(conversation, state="done")
    assert said(conversation) == ""
    Recording.objects.update(file="a/b/new.ogg")
    assert ">Transcribe again</button>" in said(conversation)
    dora_client.post(f"{path_of(conversation)}/transcribe")
    assert Transcription.objects.get().file == "a/b/new.ogg"


@pytest.mark.parametrize("lacking", ["audio", "need"])
def test_there_is_nothing_to_say_without_audio_or_where_turns_were_sent(
    dora_client: Client, conversation: Conversation, lacking: str
) -> None:
    if lacking == "audio":
        Recording.objects.update(file="")
    else:
        Transcript.objects.update(turns=[{"role": "user", "content": "Hi."}])
        Conversation.objects.update(has_transcript=True)
    assert said(conversation) == ""
    response = dora_client.post(f"{path_of(conversation)}/transcribe", follow=True)
    assert "There is nothing to transcribe" in response.content.decode()
    assert not Transcription.objects.exists()


def test_it_is_for_admins_and_by_post(
    bob_client: Client,
    charlie_client: Client,
    dora_client: Client,
    conversation: Conversation,
) -> None:
    path = f"{path_of(conversation)}/transcribe"
    assert bob_client.post(path).status_code == 403
    assert charlie_client.post(path).status_code == 404
    assert dora_client.get(path).status_code == 405
    assert Client().post(path).status_code == 302
    assert not Transcription.objects.exists()
