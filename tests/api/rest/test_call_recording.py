"""`PUT /v1/calls/<provider>/<externalId>/recording`: audio for a session that was
posted, from the request to the player.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.test import Client, override_settings
from django.utils.http import urlencode

from accounts import actions
from accounts.models import ApiKey, Organization, User
from conversations.models import Conversation, Recording, UnusedFile
from conversations.recordings import fetch_worker, files
from integrations.connections.recent_failures import advice_of
from integrations.erasure.erase import erase_conversation
from integrations.models import Delivery
from integrations.processing import worker as processing_worker
from tests.api.conftest import Api
from tests.conftest import MakeKey
from tests.conversations.recordings.sounds import write_sound

pytestmark = pytest.mark.django_db(transaction=True)

ApiWith = Callable[[str | None], Api]
SENT = {"startedAt": "2026-11-22T12:31:49.120Z", "channels": "customer,agent"}


@pytest.fixture(autouse=True)
def wakeups(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Return a list with one item for each wake-up; there is no broker in these tests."""
    sent: list[None] = []
    for name in ("integrations.ingest.webhook", "api.views.call_recording"):
        monkeypatch.setattr(f"{name}.wake_worker", lambda: sent.append(None))
    return sent


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("sound") / "a.wav"
    return Path(write_sound(path, 2.0, channels=2)).read_bytes()


@pytest.fixture(scope="module")
def other_sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("sound") / "b.wav"
    return Path(write_sound(path, 3.0, channels=2)).read_bytes()


def digest_of(data: bytes) -> str:
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    return f"sha-256=:{digest}:"


def path_of(call: str = "call-1", provider: str = "livekit", **sent: str) -> str:
    query = "?" + urlencode(sent) if sent else ""
    return f"/v1/calls/{provider}/{call}/recording{query}"


def put(api: Api, data: bytes, path: str | None = None, **headers: str) -> Any:
    headers = {"Content-Digest": digest_of(data), **headers}
    return api.ask(
        "PUT",
        path or path_of(**SENT),
        data=data,
        content_type="audio/ogg",
        headers=headers,
    )


def post(api: Api, call: str = "call-1", provider: str = "livekit") -> None:
    body = {
        "call": {"externalId": call},
        "agent": {"externalId": "front-desk"},
        "transcript": {"turns": [{"role": "user", "content": "Hello."}]},
    }
    headers = {"Authorization": f"Bearer {api.key}", "X-Zelto-Provider": provider}
    response = Client().post(
        "/webhooks/calls",
        json.dumps(body),
        content_type="application/json",
        headers=headers,
    )
    assert response.status_code == 200, response.content


def process() -> None:
    """Do what the workers do, until nothing waits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_delivery SET next_try_at = now()"
            " WHERE next_try_at > now()"
        )
    while processing_worker.process_batch():
        pass
    fetch_worker.fetch_until_none_is_due()


def stored_files() -> set[Path]:
    """Return the files in the storage of recordings."""
    folder = Path(files.recordings_storage().path(""))
    return {path for path in folder.rglob("*") if path.is_file()}


def newest() -> Delivery:
    return Delivery.objects.newest_first()[0]


def audio_of_the_call() -> bytes:
    recording = Recording.objects.get()
    assert recording.file, recording.last_error
    with storages["recordings"].open(recording.file) as file:
        return bytes(file.read())


def test_it_becomes_the_recording_of_its_conversation(
    poster: Api, sound: bytes, wakeups: list[None]
) -> None:
    post(poster)
    process()
    wakeups.clear()
    response = put(poster, sound)
    assert (response.status_code, response.json()) == (200, {"received": True})
    assert wakeups
    process()
    call = Conversation.objects.get()
    assert call.has_audio
    assert call.transcript.turns, "what was said stays"
    assert call.metadata["channels"] == ["customer", "agent"]
    assert call.metadata["recordingStartedAt"] == "2026-11-22T12:31:49.120000Z"
    assert audio_of_the_call() == sound
    assert (call.recording.channels, call.recording.state) == (2, "done")
    entry = newest()
    assert (entry.outcome, entry.source) == ("processed", "recording")
    assert (entry.external_id, entry.agent_reference) == ("call-1", "front-desk")
    assert not UnusedFile.objects.exists(), "the file it came as is gone"


def test_it_may_come_before_its_session_is_processed(poster: Api, sound: bytes) -> None:
    post(poster)
    assert put(poster, sound).status_code == 200
    process()
    assert audio_of_the_call() == sound
    assert set(Delivery.objects.values_list("outcome", flat=True)) == {"processed"}


def test_it_waits_for_a_session_that_is_tried_again(poster: Api, sound: bytes) -> None:
    post(poster)
    session = newest()
    held = Delivery.objects.filter(pk=session.pk)
    # Another worker holds it.
    held.update(attempts=1, lease_until="2100-01-01T00:00Z", next_try_at=None)
    put(poster, sound)
    audio = Delivery.objects.filter(source="recording")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_delivery SET lease_until = now() + interval '30 s'"
            " WHERE sequence = %s",
            [session.pk],
        )
    for _ in range(8):
        audio.update(next_try_at="2020-01-01T00:00Z")
        processing_worker.process_batch()
    waiting = audio.get()
    assert (waiting.outcome, waiting.attempts) == ("accepted", 0)
    assert "session" in waiting.last_error
    held.update(lease_until=None)
    process()
    process()
    assert audio_of_the_call() == sound


def test_the_same_again_changes_nothing(poster: Api, sound: bytes) -> None:
    post(poster)
    for _ in range(3):
        assert put(poster, sound).status_code == 200
        process()
        count, call = Delivery.objects.count(), Conversation.objects.get()
        assert count == 2
        assert put(poster, sound).json() == {"received": True}
        assert Conversation.objects.get().updated_at == call.updated_at
    assert not UnusedFile.objects.exists()


def test_the_same_twice_before_it_is_processed_is_stored_once(
    poster: Api, sound: bytes
) -> None:
    post(poster)
    assert put(poster, sound).status_code == put(poster, sound).status_code == 200
    assert Delivery.objects.filter(source="recording").count() == 1


def test_the_same_again_is_known_once_its_body_has_expired(
    poster: Api, sound: bytes
) -> None:
    post(poster)
    put(poster, sound)
    process()
    Delivery.objects.update(body=None)
    assert put(poster, sound).status_code == 200
    assert Delivery.objects.filter(source="recording").count() == 1


def test_other_bytes_replace_it_once_they_are_audio(
    poster: Api, sound: bytes, other_sound: bytes
) -> None:
    post(poster)
    put(poster, sound)
    process()
    assert put(poster, b"no audio at all").status_code == 200
    process()
    assert audio_of_the_call() == sound
    recording = Recording.objects.get()
    assert "uploaded is no recording" in recording.last_error
    assert recording.state == "failed", "the same bytes are not tried for a day"
    put(poster, other_sound)
    process()
    assert audio_of_the_call() == other_sound
    put(poster, sound)
    process()
    assert audio_of_the_call() == sound


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("", "Content-Digest"),
        ("sha-256=:bm90IGEgaGFzaA==:", "must be"),
        ("sha-256=:!!!:", "must be"),
        ("md5=:1B2M2Y8AsgTpgAmY7PhCfg==:", "must be"),
        (digest_of(b"something else"), "another SHA-256"),
    ],
)
def test_a_digest_that_is_missing_or_does_not_fit_is_a_400(
    poster: Api, sound: bytes, header: str, said: str
) -> None:
    post(poster)
    response = put(poster, sound, **{"Content-Digest": header})
    assert response.status_code == 400
    assert said in response.json()["detail"]
    assert (newest().status, newest().external_id) == (400, "call-1")
    assert said in newest().reason
    assert not UnusedFile.objects.exists()


def test_one_of_several_digests_counts(poster: Api, sound: bytes) -> None:
    post(poster)
    header = f"md5=:1B2M2Y8AsgTpgAmY7PhCfg==:, {digest_of(sound)}"
    assert put(poster, sound, **{"Content-Digest": header}).status_code == 200


@pytest.mark.parametrize(
    "query",
    ["startedAt=yesterday", "channels=agent", "channels=left,right", "speed=2"],
)
def test_a_parameter_that_does_not_fit_is_named(
    poster: Api, sound: bytes, query: str
) -> None:
    post(poster)
    response = put(poster, sound, f"{path_of()}?{query}")
    assert response.status_code == 400
    assert response.json()["errors"][0]["path"] == query.partition("=")[0]


def test_a_call_that_nobody_posted_is_a_404_and_in_the_log(
    poster: Api, sound: bytes
) -> None:
    for _ in range(2):
        response = put(poster, sound)
        assert response.status_code == 404
        assert "Post the session first" in response.json()["detail"]
    entry = Delivery.objects.get()
    assert (entry.status, entry.outcome, entry.count) == (404, "rejected", 2)
    assert "Read the reason" in advice_of(entry).action


@pytest.mark.parametrize(
    ("call", "provider"),
    [
        ("call-1", "nobody"),
        ("call-1", "zelto"),
        ("call%00", "livekit"),
        ("x" * 300, "livekit"),
    ],
)
def test_another_provider_and_an_impossible_id_are_a_404(
    poster: Api, sound: bytes, call: str, provider: str
) -> None:
    post(poster)
    assert put(poster, sound, path_of(call, provider)).status_code == 404


def test_an_id_may_hold_slashes_and_all_that_a_session_may_have(
    poster: Api, sound: bytes
) -> None:
    post(poster, "a/b c+d%/recording")
    assert put(poster, sound, path_of("a%2Fb%20c+d%25%2Frecording")).status_code == 200


def test_a_call_of_another_organization_does_not_exist(
    poster: Api, outsider: Api, sound: bytes
) -> None:
    post(poster)
    process()
    assert put(outsider, sound).status_code == 404
    process()
    assert not Recording.objects.exists()


def test_a_refused_session_is_none(poster: Api, sound: bytes) -> None:
    post(poster)
    Delivery.objects.update(outcome="rejected", status=422)
    assert put(poster, sound).status_code == 404


def test_keys_that_may_not_post_and_no_key_are_refused(
    poster: Api, reader: Api, stranger: Api, sound: bytes
) -> None:
    post(poster)
    assert put(reader, sound).status_code == 403
    assert newest().status == 403
    assert put(stranger, sound).status_code == 401


def test_a_key_that_is_revoked_while_the_audio_arrives_stores_nothing(
    poster: Api,
    organization: Organization,
    alice: User,
    sound: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    post(poster)
    process()
    keep = type(files.recordings_storage()).save

    def revoke_and_save(*given: Any, **options: Any) -> Any:
        actions.revoke_key(key=ApiKey.objects.get(scope="ingest"), by=alice)
        return keep(*given, **options)

    monkeypatch.setattr(type(files.recordings_storage()), "save", revoke_and_save)
    assert put(poster, sound).status_code == 401
    assert (newest().status, newest().outcome) == (401, "rejected")
    assert not UnusedFile.objects.exists()


def test_an_erased_call_takes_none(poster: Api, alice: User, sound: bytes) -> None:
    post(poster)
    process()
    erase_conversation(conversation=Conversation.objects.get(), by=alice)
    response = put(poster, sound)
    assert response.status_code == 409
    assert "erased" in response.json()["detail"]
    assert newest().status == 409


def test_erasing_takes_the_audio_that_waits(
    poster: Api, alice: User, sound: bytes, tmp_path: Path
) -> None:
    post(poster)
    process()
    put(poster, sound)
    noted = UnusedFile.objects.get().name
    assert files.recordings_storage().exists(noted)
    erase_conversation(conversation=Conversation.objects.get(), by=alice)
    assert not files.recordings_storage().exists(noted)
    assert not UnusedFile.objects.exists()
    process()
    assert not Conversation.objects.exists()
    assert not Delivery.objects.exclude(body=None).exists()


def test_a_call_that_is_erased_while_its_audio_arrives_takes_none(
    poster: Api, alice: User, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(poster)
    process()
    save = type(files.recordings_storage()).save

    def erase_and_save(*given: Any, **options: Any) -> Any:
        erase_conversation(conversation=Conversation.objects.get(), by=alice)
        return save(*given, **options)

    monkeypatch.setattr(type(files.recordings_storage()), "save", erase_and_save)
    before = stored_files()
    assert put(poster, sound).status_code == 409
    assert not UnusedFile.objects.exists()
    assert stored_files() == before
    process()
    assert not Conversation.objects.exists()
    assert not Delivery.objects.filter(source="recording").exclude(body=None).exists()


def test_a_rebuild_keeps_the_recording_and_fetches_nothing_again(
    poster: Api, api: Api, sound: bytes
) -> None:
    post(poster)
    put(poster, sound)
    process()
    before = Recording.objects.get()
    for entry in Delivery.objects.all():
        assert api.post(f"/v1/deliveries/{entry.uuid}/replay").status_code == 202
    process()
    after = Recording.objects.get()
    assert (after.file, after.state) == (before.file, "done")
    assert Conversation.objects.get().metadata["channels"] == ["customer", "agent"]


def test_more_than_a_recording_may_have_is_a_413(poster: Api, sound: bytes) -> None:
    post(poster)
    with override_settings(MAX_AUDIO_BYTES=1000):
        response = put(poster, sound)
    assert response.status_code == 413
    assert "1,000" in response.json()["detail"]
    assert newest().status == 413


def test_an_empty_body_is_refused(poster: Api) -> None:
    post(poster)
    assert put(poster, b"").status_code in (400, 411)


def test_a_storage_that_is_away_is_a_503_and_a_second_try_goes_through(
    poster: Api, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(poster)

    def away(*_: Any, **__: Any) -> None:
        raise ConnectionError("away")

    with monkeypatch.context() as patch:
        patch.setattr(type(files.recordings_storage()), "save", away)
        response = put(poster, sound)
    assert response.status_code == 503
    assert response["Retry-After"]
    assert put(poster, sound).status_code == 200


def test_it_needs_few_queries(
    poster: Api,
    sound: bytes,
    django_assert_max_num_queries: Callable[[int], Any],
    make_key: MakeKey,
) -> None:
    post(poster)
    process()
    put(poster, b"warms up")
    with django_assert_max_num_queries(20):
        put(poster, sound)
