"""No call of the storage, which may be far away, while a row is held."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import Storage
from django.db import connection, transaction
from django.test import Client

from conversations.models import Conversation, Recording, UnusedFile
from conversations.projection.erased_calls import erase_rows
from conversations.recordings import files
from conversations.recordings import store_audio as storing
from conversations.recordings.files import recordings_storage
from conversations.recordings.probe import Audio, read_audio
from conversations.recordings.store_audio import store_audio
from conversations.transcription.worker import local_copy
from tests.conversations.conftest import MakeConversation
from tests.conversations.recordings.sounds import write_sound

pytestmark = pytest.mark.django_db(transaction=True)
CALLS = ("save", "delete", "open", "exists", "size", "url", "path")
Calls = list[tuple[str, bool]]
Store = Callable[..., bool]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What was called, and whether a transaction was open."""
    seen: Calls = []

    def watched(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*arguments: Any, **named: Any) -> Any:
            seen.append((name, connection.in_atomic_block))
            return call(*arguments, **named)

        return noted

    storage = type(recordings_storage())
    for name in CALLS:
        monkeypatch.setattr(storage, name, watched(name, getattr(storage, name)))
    return seen


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_sound(tmp_path / "a.ogg")


@pytest.fixture
def audio(path: Path) -> Audio:
    return read_audio(path)


@pytest.fixture
def conversation(make_conversation: MakeConversation) -> Conversation:
    return make_conversation()


@pytest.fixture
def store(conversation: Conversation, path: Path, audio: Audio) -> Store:
    def store_it(claim: Any = None) -> bool:
        return store_audio(
            conversation=conversation, path=path, audio=audio, claim=claim
        )

    return store_it


def assert_all_outside(calls: Calls, *expected: str) -> None:
    assert {name for name, _ in calls} >= set(expected)
    assert [name for name, was_inside in calls if was_inside] == []


def test_storing_and_replacing(store: Store, calls: Calls) -> None:
    store()
    store()
    assert_all_outside(calls, "save", "delete")


def test_letting_go_of_what_nobody_wants_any_more(store: Store, calls: Calls) -> None:
    assert not store(claim=uuid4())
    assert_all_outside(calls, "save", "delete")


def test_erasing(store: Store, conversation: Conversation, calls: Calls) -> None:
    store()
    with transaction.atomic():
        erase_rows(conversation)
    assert_all_outside(calls, "delete")


def test_sweeping(store: Store, calls: Calls) -> None:
    store()
    name = Recording.objects.get().file
    Recording.objects.update(file="")
    UnusedFile.objects.create(name=name, delete_after="2020-01-01T00:00Z")
    calls.clear()
    files.delete_unused()
    assert_all_outside(calls, "delete")
    assert not UnusedFile.objects.exists()


def test_listening_and_transcribing(
    store: Store, conversation: Conversation, bob_client: Client, calls: Calls
) -> None:
    store()
    calls.clear()
    answer = bob_client.get(f"/org/acme/conversations/{conversation.pk}/recording")
    assert answer.getvalue()
    with local_copy(Recording.objects.get().file, lambda _: True) as copy:
        assert copy.exists()
    assert_all_outside(calls)


def test_a_storage_that_refuses_one_holds_up_no_other(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("a/refused.ogg", "a/other.ogg")
    for name in names:
        UnusedFile.objects.create(name=name, delete_after="2020-01-01T00:00Z")
    gone = []

    def delete(self: Storage, name: str) -> None:
        if "refused" in name:
            raise OSError("the bucket is away")
        gone.append(name)

    monkeypatch.setattr(type(recordings_storage()), "delete", delete)
    files.delete_unused()
    assert gone == ["a/other.ogg"]
    left = UnusedFile.objects.get()
    assert left.name == "a/refused.ogg"
    files.delete_unused()
    assert UnusedFile.objects.exists()


def test_what_is_swept_away_while_it_is_written_is_not_named(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who writes for longer than an hour finds its note gone, and keeps nothing."""
    name_it = storing._name_it

    def too_late(*arguments: Any) -> bool:
        UnusedFile.objects.update(delete_after="2020-01-01T00:00Z")
        files.delete_unused()
        return name_it(*arguments)

    monkeypatch.setattr(storing, "_name_it", too_late)
    with pytest.raises(OSError):
        store()
    assert not Recording.objects.exclude(file="").exists()


def test_the_same_audio_again_is_a_file_of_its_own(store: Store, audio: Audio) -> None:
    """So whoever deletes one under way never takes what another has just written."""
    store()
    before = Recording.objects.get().file
    store()
    after = Recording.objects.get().file
    assert before != after
    assert not recordings_storage().exists(before)
    assert recordings_storage().exists(after)
    assert files.sha256_of(before) == files.sha256_of(after) == audio.sha256
