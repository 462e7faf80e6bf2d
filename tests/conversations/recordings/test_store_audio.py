"""Audio in a local file becomes the recording of a conversation, or leaves nothing."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files import File
from django.core.files.storage import Storage
from django.db import connection

from conversations.models import Conversation, Recording, UnusedFile
from conversations.recordings import files
from conversations.recordings import store_audio as store_audio_module
from conversations.recordings.files import recordings_storage
from conversations.recordings.folder import RecordingsFolder
from conversations.recordings.probe import Audio, read_audio
from conversations.recordings.store_audio import store_audio
from conversations.transcription.queue import enqueue_transcription
from tests.conversations.conftest import MakeConversation
from tests.conversations.recordings.sounds import write_sound
from tests.zelto.stack import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_sound(tmp_path / "a.ogg", channels=2)


@pytest.fixture
def audio(path: Path) -> Audio:
    return read_audio(path)


@pytest.fixture
def conversation(make_conversation: MakeConversation) -> Conversation:
    return make_conversation(recording_url="https://example.com/a.ogg")


@pytest.fixture
def claimed(conversation: Conversation) -> Recording:
    Recording.objects.create(
        conversation=conversation, source_url=conversation.recording_url
    )
    claimed = Recording.claim_next()
    assert claimed
    return claimed


def files_there() -> set[str]:
    storage = recordings_storage()
    assert isinstance(storage, RecordingsFolder)
    base = Path(storage.location)
    return {str(one.relative_to(base)) for one in base.rglob("*") if one.is_file()}


@pytest.fixture(autouse=True)
def nothing_there_before() -> None:
    for name in files_there():
        recordings_storage().delete(name)


def test_the_audio_is_kept_under_the_name_of_what_is_in_it(
    conversation: Conversation, claimed: Recording, path: Path, audio: Audio
):
    updated_at = conversation.updated_at
    assert store_audio(
        conversation=conversation, path=path, audio=audio, claim=claimed.claim
    )
    stored = Recording.objects.get()
    name = stored.file
    folder = f"{conversation.organization_id}/{conversation.pk}"
    assert name.startswith(f"{folder}/{audio.sha256}.")
    assert name.endswith(".ogg")
    assert files_there() == {name}
    with recordings_storage().open(name) as kept:
        assert kept.read() == path.read_bytes()
    assert (stored.state, stored.claim, stored.last_error) == ("done", None, "")
    assert (stored.channels, stored.codec, stored.size) == (2, "opus", audio.size)
    assert stored.peaks == audio.peaks
    assert stored.stored_at
    conversation.refresh_from_db()
    assert conversation.has_audio
    assert conversation.updated_at > updated_at
    assert not UnusedFile.objects.exists()


def test_it_tells_how_long_a_call_was_whose_sender_did_not(
    conversation: Conversation, claimed: Recording, path: Path, audio: Audio
):
    Conversation.objects.update(
        sent_duration_seconds=None,
        started_at=None,
        ended_at=None,
        duration_seconds=None,
    )
    store_audio(conversation=conversation, path=path, audio=audio, claim=claimed.claim)
    conversation.refresh_from_db()
    assert conversation.duration_seconds == audio.duration_seconds


def test_what_the_sender_told_of_the_duration_wins(
    conversation: Conversation, claimed: Recording, path: Path, audio: Audio
):
    Conversation.objects.update(sent_duration_seconds=99, duration_seconds=99)
    store_audio(conversation=conversation, path=path, audio=audio, claim=claimed.claim)
    conversation.refresh_from_db()
    assert conversation.duration_seconds == 99


def test_it_is_private_on_disk(
    conversation: Conversation, path: Path, audio: Audio, tmp_path: Path
):
    storage = RecordingsFolder(
        location=tmp_path / "kept",
        file_permissions_mode=0o600,
        directory_permissions_mode=0o700,
    )
    with path.open("rb") as source:
        storage.save("acme/a.ogg", File(source))
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "kept/acme/a.ogg").stat().st_mode & 0o777 == 0o600


def test_an_upload_wins_over_what_is_being_fetched(
    conversation: Conversation, claimed: Recording, path: Path, audio: Audio
):
    assert store_audio(conversation=conversation, path=path, audio=audio, claim=None)
    assert not claimed.claimed().exists()
    assert Recording.objects.get().source_url == ""


def test_an_upload_needs_no_job_before(
    conversation: Conversation, path: Path, audio: Audio
):
    assert store_audio(conversation=conversation, path=path, audio=audio, claim=None)
    assert Recording.objects.get().public_state == "stored"


def test_what_was_there_before_goes(
    conversation: Conversation, path: Path, audio: Audio, tmp_path: Path
):
    store_audio(conversation=conversation, path=path, audio=audio, claim=None)
    other = write_sound(tmp_path / "b.mp3")
    store_audio(
        conversation=conversation, path=other, audio=read_audio(other), claim=None
    )
    assert files_there() == {Recording.objects.get().file}
    assert Recording.objects.get().content_type == "audio/mpeg"


def test_the_same_again_stays(conversation: Conversation, path: Path, audio: Audio):
    for _ in range(2):
        store_audio(conversation=conversation, path=path, audio=audio, claim=None)
    assert files_there() == {Recording.objects.get().file}
    assert not UnusedFile.objects.exists()


@pytest.mark.parametrize("lost", ["erased", "given to another", "wanted afresh"])
def test_who_lost_the_claim_leaves_nothing(
    conversation: Conversation,
    claimed: Recording,
    path: Path,
    audio: Audio,
    lost: str,
):
    if lost == "erased":
        Conversation.objects.all().delete()
    elif lost == "given to another":
        Recording.objects.update(claim=uuid4())
    else:
        Recording.objects.update(**Recording.afresh())
    kept = store_audio(
        conversation=conversation, path=path, audio=audio, claim=claimed.claim
    )
    assert kept is False
    assert files_there() == set()
    assert not UnusedFile.objects.exists()
    assert not Conversation.objects.filter(has_audio=True).exists()


def test_who_lost_the_claim_leaves_alone_what_another_wrote_meanwhile(
    conversation: Conversation,
    claimed: Recording,
    path: Path,
    audio: Audio,
    monkeypatch: pytest.MonkeyPatch,
):
    """The same bytes: each writes a file of its own."""
    note = files.note_before_writing

    def after_another(name: str) -> None:
        monkeypatch.setattr(files, "note_before_writing", note)
        store_audio(conversation=conversation, path=path, audio=audio, claim=None)
        note(name)

    monkeypatch.setattr(files, "note_before_writing", after_another)
    assert not store_audio(
        conversation=conversation, path=path, audio=audio, claim=claimed.claim
    )
    assert files_there() == {Recording.objects.get().file}
    assert not UnusedFile.objects.exists()


def test_a_storage_that_fails_half_way_names_and_leaves_nothing(
    conversation: Conversation,
    claimed: Recording,
    path: Path,
    audio: Audio,
    monkeypatch: pytest.MonkeyPatch,
):
    def is_full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", is_full)
    with pytest.raises(OSError):
        store_audio(
            conversation=conversation, path=path, audio=audio, claim=claimed.claim
        )
    assert Recording.objects.get().file == ""
    assert files_there() == set()
    # The note stays: had the file been there, the sweep would find it.
    assert UnusedFile.objects.count() == 1


def test_who_is_killed_while_writing_leaves_what_a_sweep_deletes(tmp_path: Path):
    storage = RecordingsFolder(location=tmp_path)
    (tmp_path / ".drafts").mkdir()
    (tmp_path / ".drafts" / "half").write_bytes(b"half")
    storage.delete_stale_drafts(60)
    assert (tmp_path / ".drafts" / "half").exists()
    storage.delete_stale_drafts(-1)
    assert not (tmp_path / ".drafts" / "half").exists()


def test_a_file_that_was_written_and_never_named_is_swept_away(
    conversation: Conversation, audio: Audio, path: Path
):
    name = files.name_of(conversation, audio.sha256, "ogg")
    files.note_before_writing(name)
    storage: Storage = recordings_storage()
    with path.open("rb") as source:
        storage.save(name, File(source))
    files.delete_unused()
    assert files_there() == {name}
    UnusedFile.objects.update(delete_after="2020-01-01T00:00Z")
    files.delete_unused()
    assert files_there() == set()
    assert not UnusedFile.objects.exists()


def test_two_uploads_of_one_call_wait_for_each_other(
    conversation: Conversation,
    path: Path,
    audio: Audio,
    monkeypatch: pytest.MonkeyPatch,
):
    """While one asks for a transcription, the other holds the conversation and is about
    to lock its recording.
    """
    store_audio(conversation=conversation, path=path, audio=audio, claim=None)
    find = store_audio_module._recording_of
    asked: list[bool] = []

    def ask() -> None:
        try:
            asked.append(enqueue_transcription(conversation))
        finally:
            connection.close()

    thread = threading.Thread(target=ask)

    def once_the_other_waits(*arguments: Any) -> Recording | None:
        thread.start()
        wait_for(lambda: bool(waiting_for_a_lock()), 10, what="the other one waits")
        return find(*arguments)

    monkeypatch.setattr(store_audio_module, "_recording_of", once_the_other_waits)
    assert store_audio(conversation=conversation, path=path, audio=audio, claim=None)
    thread.join(10)
    assert asked == [True]


def waiting_for_a_lock() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0])
