"""Files that nobody uses any more are deleted, also beside one that cannot be."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from conversations.models import Conversation, UnusedFile
from conversations.recordings import files, incoming
from conversations.recordings.files import recordings_storage
from tests.conversations.conftest import MakeConversation, MakeRecording

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def erased(make_conversation: MakeConversation, make_recording: MakeRecording) -> str:
    """Return the name of a file whose deletion is due."""
    name = make_recording(make_conversation()).file
    UnusedFile.objects.create(name=name, delete_after=timezone.now())
    Conversation.objects.all().delete()
    return name


def one_that_cannot_be_deleted(name: str) -> None:
    """Put a folder with something in it where the file is to be."""
    path = Path(recordings_storage().path(name))
    (path / "inside").mkdir(parents=True)
    UnusedFile.objects.create(name=name, delete_after=timezone.now())


def exists(name: str) -> bool:
    return recordings_storage().exists(name)


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[None]:
    with override_settings(DATA_DIR=tmp_path):
        yield


@pytest.mark.usefixtures("data_dir")
@pytest.mark.parametrize("where", ["incoming", "drafts"])
def test_what_cannot_be_tidied_up_keeps_no_erased_recording(erased: str, where: str):
    drafts = Path(recordings_storage().path(".drafts"))
    folder = incoming.folder() if where == "incoming" else drafts
    stuck, stale = folder / "a", folder / "b"
    (stuck / "inside").mkdir(parents=True)
    stale.touch()
    for path in (stuck, stale):
        os.utime(path, (0, 0))
    try:
        files.delete_unused()
        assert not exists(erased)
        assert stuck.exists()
        assert not stale.exists()
    finally:
        (stuck / "inside").rmdir()
        stuck.rmdir()


def test_one_that_cannot_be_deleted_waits_longer_each_time(erased: str):
    one_that_cannot_be_deleted("stuck.ogg")
    files.delete_unused()
    assert not exists(erased)
    waits = []
    for hours in (0, 1, 4, 1000):
        # As if it had been noted so long ago.
        now = timezone.now()
        UnusedFile.objects.all().delete()
        UnusedFile.objects.create(
            id=identifier_made_at(now - timedelta(hours=hours)),
            name="stuck.ogg",
            delete_after=now,
        )
        files.delete_unused()
        wait = UnusedFile.objects.get().delete_after - now
        waits.append(round(wait.total_seconds() / 3600, 1))
    assert waits == [0.2, 1.0, 4.0, 6.0]


def identifier_made_at(moment: datetime) -> UUID:
    return UUID(int=int(moment.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62)


def test_the_sweep_ends_after_a_while_and_goes_on_where_it_was(
    erased: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(files, "TURN_SECONDS", 0.0)
    files.delete_unused()
    assert exists(erased)
    monkeypatch.undo()
    files.delete_unused()
    assert not exists(erased)


def test_one_sweep_at_a_time_in_a_process(erased: str, monkeypatch: pytest.MonkeyPatch):
    """A storage that hangs must not take one thread after the other."""
    hangs, go_on = threading.Event(), threading.Event()
    delete = recordings_storage().delete

    def hang(name: str) -> None:
        hangs.set()
        go_on.wait(20)
        delete(name)

    monkeypatch.setattr(recordings_storage(), "delete", hang)

    def sweep() -> None:
        try:
            files.delete_unused()
        finally:
            connection.close()

    thread = threading.Thread(target=sweep)
    thread.start()
    assert hangs.wait(20)
    UnusedFile.objects.create(name="another.ogg", delete_after=timezone.now())
    files.delete_unused()
    assert UnusedFile.objects.filter(name="another.ogg").exists()
    go_on.set()
    thread.join(20)
    files.delete_unused()
    assert not UnusedFile.objects.exists()
