"""`POST /v1/conversations`: an uploaded recording with its call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from accounts.models import ApiKey
from conversations.models import Charge, Conversation, Recording, Transcription
from conversations.recordings.files import recordings_storage
from integrations.erasure.erase import erase_conversation
from integrations.models import Delivery
from tests.api.conftest import Api
from tests.conversations.recordings.sounds import write_sound
from tests.integrations.uploads.full_disk import NO_ROOM, full_incoming

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/v1/conversations"
CALL = {"call": {"externalId": "call-1"}, "agent": {"externalId": "desk"}}
BOUNDARY = "a-boundary"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
Part = tuple[str, bytes, bool]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("sound") / "a.ogg"
    return write_sound(path, 3.0, channels=2).read_bytes()


def multipart(*parts: Part) -> bytes:
    """Each part: its name, what is in it, whether it has a file name."""
    body = b""
    for name, content, is_file in parts:
        named = f'; filename="{name}.bin"' if is_file else ""
        head = f'Content-Disposition: form-data; name="{name}"{named}\r\n\r\n'
        body += f"--{BOUNDARY}\r\n{head}".encode() + content + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def body_of(file: bytes, call: Any = CALL) -> bytes:
    return multipart(("file", file, True), ("call", json.dumps(call).encode(), False))


def upload(api: Api, body: bytes, content_type: str = TYPE) -> Any:
    return api.ask("POST", PATH, data=body, content_type=content_type)


def test_it_becomes_a_conversation_with_audio_that_is_transcribed(
    api: Api, sound: bytes
) -> None:
    response = upload(api, body_of(sound))

    assert response.status_code == 202
    answer = response.json()
    assert (answer["source"], answer["referenceId"]) == ("upload", "call-1")
    assert answer["hasAudio"]
    assert answer["warnings"] == []
    recording = Recording.objects.get(conversation_id=answer["id"])
    with recordings_storage().open(recording.file) as kept:
        assert kept.read() == sound
    job = Transcription.objects.get(conversation_id=answer["id"])
    assert (job.state, job.file) == ("waiting", recording.file)
    delivery = Delivery.objects.get()
    assert (delivery.provider, delivery.outcome) == ("upload", "processed")
    assert json.loads(bytes(delivery.body or b"")) == CALL
    assert [one.meter for one in Charge.objects.all()] == ["calls"]


def test_a_call_that_comes_with_its_turns_is_not_transcribed(
    api: Api, sound: bytes
) -> None:
    turns = [{"role": "user", "content": "Hi."}]
    response = upload(api, body_of(sound, CALL | {"transcript": {"turns": turns}}))
    assert response.status_code == 202
    assert response.json()["hasTranscript"]
    assert not Transcription.objects.exists()


def test_a_key_that_may_only_post_may_upload(poster: Api, sound: bytes) -> None:
    assert upload(poster, body_of(sound)).status_code == 202


def test_the_same_id_again_replaces_the_audio_and_updates_the_call(
    api: Api, sound: bytes, tmp_path: Path
) -> None:
    first = upload(api, body_of(sound)).json()
    other = write_sound(tmp_path / "b.wav", 1.0).read_bytes()
    again = CALL | {"version": "2"}
    second = upload(api, body_of(other, again)).json()

    assert (second["id"], second["version"]) == (first["id"], "2")
    recording = Recording.objects.get()
    assert recording.duration_seconds == 1.0
    assert Transcription.objects.get().file == recording.file
    assert Charge.objects.count() == 1


def test_it_is_an_id_space_of_its_own(api: Api, sound: bytes) -> None:
    for provider in ("zelto", "upload"):
        upload(api, body_of(sound))
        if provider == "zelto":
            Conversation.objects.update(provider="zelto")
    assert set(Conversation.objects.values_list("provider", flat=True)) == {
        "zelto",
        "upload",
    }


def test_parts_may_come_in_any_order_and_as_files(api: Api, sound: bytes) -> None:
    call = json.dumps(CALL).encode()
    body = multipart(("call", call, True), ("more", b"x", False), ("file", sound, True))
    response = upload(api, body)
    assert response.status_code == 202
    assert response.json()["warnings"] == [
        {"path": "more", "detail": "is not a known part and was ignored"}
    ]


CALL_BYTES = json.dumps(CALL).encode()
WITHOUT_ID = json.dumps({"call": {}, "agent": {"externalId": "x"}}).encode()
UNKNOWN_AGENT = {**CALL, "agentId": "019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e21"}
# What is sent, the status, the paths at fault, what the sentence names.
REFUSED: dict[str, tuple[list[Part], int, list[str], str]] = {
    "no file": ([("call", CALL_BYTES, False)], 422, ["file"], "file"),
    "no call": ([("file", b"SOUND", True)], 422, ["call"], "call"),
    "nothing": ([], 422, ["file", "call"], "file"),
    "an empty file": (
        [("file", b"", True), ("call", CALL_BYTES, False)],
        *(422, ["file"], "is empty"),
    ),
    "two files": (
        [("file", b"SOUND", True)] * 2 + [("call", CALL_BYTES, False)],
        *(422, ["file"], "once"),
    ),
    "two calls": (
        [("file", b"SOUND", True)] + [("call", CALL_BYTES, False)] * 2,
        *(422, ["call"], "once"),
    ),
    "no audio": (
        [("file", b"<html>no</html>", True), ("call", CALL_BYTES, False)],
        *(415, ["file"], "a web page"),
    ),
    "no JSON": (
        [("file", b"SOUND", True), ("call", b"{", False)],
        *(400, [], "The part call is not JSON"),
    ),
    "no id": (
        [("file", b"SOUND", True), ("call", WITHOUT_ID, False)],
        *(422, ["call.externalId"], "call.externalId"),
    ),
    "an agent of nobody": (
        [("file", b"SOUND", True), ("call", json.dumps(UNKNOWN_AGENT).encode(), False)],
        *(422, ["agentId"], "agentId"),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_refuses(api: Api, sound: bytes, what: str) -> None:
    parts, status, paths, says = REFUSED[what]
    filled = [
        (name, sound if content == b"SOUND" else content, is_file)
        for name, content, is_file in parts
    ]
    response = upload(api, multipart(*filled))

    assert response.status_code == status
    assert [one["path"] for one in response.json().get("errors", [])] == paths
    assert says in response.json()["detail"]
    logged = Delivery.objects.get()
    assert (logged.status, logged.outcome) == (status, "rejected")
    assert logged.provider == "upload"
    names = [name for name, _, _ in parts]
    assert (logged.body is not None) == (status in {400, 422} and "call" in names)
    assert not Conversation.objects.exists()
    assert not Recording.objects.exists()


def test_a_body_that_is_not_multipart_is_refused(api: Api) -> None:
    assert upload(api, b"{}", "application/json").status_code == 415
    assert upload(api, b"x", "multipart/form-data").status_code == 400
    assert set(Delivery.objects.values_list("status", flat=True)) == {400, 415}


def test_a_body_that_breaks_off_is_no_upload(api: Api, sound: bytes) -> None:
    response = upload(api, body_of(sound)[:-20])
    assert response.status_code == 400
    assert "ended" in response.json()["detail"]
    assert not Conversation.objects.exists()


def test_a_file_over_the_limit_is_refused_while_it_streams(
    api: Api, sound: bytes
) -> None:
    with override_settings(MAX_AUDIO_BYTES=len(sound) - 1):
        response = upload(api, body_of(sound))
    assert response.status_code == 413
    assert f"{len(sound) - 1:,}" in response.json()["detail"]
    with override_settings(MAX_AUDIO_BYTES=len(sound)):
        assert upload(api, body_of(sound)).status_code == 202


def test_a_call_over_the_limit_of_the_webhook_is_refused(
    api: Api, sound: bytes
) -> None:
    with override_settings(MAX_BODY_BYTES=20):
        response = upload(api, body_of(sound))
    assert response.status_code == 413
    assert "call" in response.json()["detail"]


def test_an_erased_call_stays_erased(api: Api, sound: bytes) -> None:
    upload(api, body_of(sound))
    erase_conversation(conversation=Conversation.objects.get(), by=None)

    response = upload(api, body_of(sound))

    assert response.status_code == 409
    refused = Delivery.objects.get(outcome="rejected")
    assert (refused.status, refused.body) == (409, None)
    assert not Conversation.objects.exists()
    assert not Transcription.objects.exists()


def test_a_key_that_may_only_read_is_refused_and_logged(
    reader: Api, sound: bytes
) -> None:
    assert upload(reader, body_of(sound)).status_code == 403
    assert Delivery.objects.get().status == 403


def test_a_key_of_nobody_leaves_nothing(api: Api, sound: bytes) -> None:
    ApiKey.objects.all().delete()
    response = upload(api, body_of(sound))
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert not Delivery.objects.exists()


def test_a_revoked_key_is_in_the_log(api: Api, sound: bytes) -> None:
    ApiKey.objects.update(revoked_at="2026-01-01T00:00Z")
    assert upload(api, body_of(sound)).status_code == 401
    assert Delivery.objects.get().status == 401


def test_another_parameter_is_refused(api: Api, sound: bytes) -> None:
    response = api.ask(
        "POST", f"{PATH}?provider=zelto", data=body_of(sound), content_type=TYPE
    )
    assert response.status_code == 400


def test_a_storage_that_is_away_is_a_503_and_a_second_try_goes_through(
    api: Api, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(type(recordings_storage()), "_save", full)
        response = upload(api, body_of(sound))
    assert response.status_code == 503
    assert response["Retry-After"]
    assert upload(api, body_of(sound)).status_code == 202
    assert Conversation.objects.get().has_audio
    assert Charge.objects.count() == 1


@pytest.mark.parametrize("room", NO_ROOM)
def test_a_full_disk_is_told_and_nothing_is_left(
    api: Api, sound: bytes, tmp_path: Path, room: str
) -> None:
    with full_incoming(tmp_path, room=room) as folder:
        response = upload(api, body_of(sound * 20))
        assert list(folder.iterdir()) == []
    assert response.status_code == 503
    assert response["Retry-After"]
    assert "There is no room for the file on this server" in response.json()["detail"]
    assert not Delivery.objects.exists()
    assert upload(api, body_of(sound)).status_code == 202
