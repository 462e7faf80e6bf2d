"""`manage.py check_recordings`: what the storage no longer has as it was stored."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.test import override_settings

from accounts.models import Organization
from conversations.models import Conversation, Recording, UnusedFile
from conversations.recording_checks import repair
from conversations.recording_checks.check import write_pieces
from conversations.recordings import files, incoming
from conversations.recordings.files import recordings_storage
from conversations.recordings.store_audio import write_new
from tests.conversations.conftest import MakeAgent, MakeConversation, MakeRecording
from tests.conversations.object_store.careless_bucket import CarelessBucket
from tests.conversations.object_store.conftest import (
    careless_bucket,
    certificates,
    in_careless_bucket,
    kept_in,
)
from tests.conversations.object_store.framing import framed
from tests.conversations.recordings.fetches import stored_bytes

__all__ = ["careless_bucket", "certificates", "in_careless_bucket", "kept_in"]

pytestmark = pytest.mark.django_db(transaction=True)


class Said(NamedTuple):
    """The lines that the command wrote, and its last sentences where it failed."""

    lines: list[str]
    failure: str


def check(*options: str) -> Said:
    output = StringIO()
    failure = ""
    try:
        call_command("check_recordings", *options, stdout=output)
    except CommandError as error:
        assert error.returncode == 1
        failure = str(error)
    return Said(output.getvalue().splitlines(), failure)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[None]:
    with override_settings(DATA_DIR=tmp_path / "data"):
        yield
        if incoming.folder().exists():
            assert not list(incoming.folder().iterdir())


@pytest.fixture
def recordings(
    make_conversation: MakeConversation, make_recording: MakeRecording
) -> list[Recording]:
    """Three that are stored, in the order in which they are checked."""
    made = [make_recording(make_conversation()) for _ in range(3)]
    return sorted(made, key=lambda recording: recording.pk)


def spoil(recording: Recording, change: Callable[[bytes], bytes]) -> bytes:
    """Change what the storage has, and return what it had."""
    before = stored_bytes(recording)
    recordings_storage().save(recording.file, ContentFile(change(before)))
    return before


def cut(body: bytes) -> bytes:
    return body[:-10]


def flipped(body: bytes) -> bytes:
    return body[:-1] + bytes([body[-1] ^ 1])


def test_where_all_is_as_it_was_nothing_is_named(recordings: list[Recording]):
    assert check() == Said(["3 checked, 0 not as they were stored."], "")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (cut, "changed. It has {less:,} bytes in place of {size:,}."),
        (flipped, "changed. It has other bytes than were stored (SHA-256)."),
        (
            framed,
            "framed. The framing of an upload (aws-chunked) is part of it: it has "
            "{framed:,} bytes in place of {size:,}.",
        ),
        (
            lambda body: framed(body, size=8192, signed=True),
            "framed. The framing of an upload (aws-chunked) is part of it",
        ),
        # Framed, and of something else.
        (lambda body: framed(cut(body)), "changed. It has "),
        (lambda body: framed(body)[:-3] + b"x", "changed. It has "),
    ],
)
def test_each_that_is_not_as_it_was_is_named(
    recordings: list[Recording], change: Callable[[bytes], bytes], says: str
):
    spoilt = recordings[1]
    body = spoil(spoilt, change)
    said = check()
    assert len(said.lines) == 1
    told = says.format(less=len(body) - 10, size=len(body), framed=len(framed(body)))
    assert said.lines[0].startswith(f"{spoilt.pk} {spoilt.file}: {told}")
    assert said.failure == "3 checked, 1 not as they were stored."


def test_one_that_is_gone_is_named(recordings: list[Recording]):
    recordings_storage().delete(recordings[0].file)
    said = check()
    assert said.lines == [
        f"{recordings[0].pk} {recordings[0].file}: missing. "
        "The storage does not have it."
    ]
    assert said.failure


def test_quickly_only_sizes_are_compared(
    recordings: list[Recording], monkeypatch: pytest.MonkeyPatch
):
    spoil(recordings[0], flipped)
    spoil(recordings[1], framed)
    said = check("--quick")
    assert [line.split()[0] for line in said.lines] == [str(recordings[1].pk)]
    read: list[str] = []

    def noted(name: str) -> Iterator[bytes]:
        read.append(name)
        yield b""

    monkeypatch.setattr("conversations.recording_checks.check.pieces_of", noted)
    check("--quick")
    assert set(read) == {recordings[1].file}


def test_what_was_framed_is_repaired_and_nothing_else(recordings: list[Recording]):
    whole = spoil(recordings[0], framed)
    spoil(recordings[1], cut)
    before = [recording.file for recording in recordings]
    said = check("--repair")
    assert said.lines[0].endswith(" Repaired.")
    assert "Repaired" not in said.lines[1]
    assert said.failure == "3 checked, 2 not as they were stored. 1 repaired."
    for recording in recordings:
        recording.refresh_from_db()
    assert stored_bytes(recordings[0]) == whole
    after = [recording.file for recording in recordings]
    assert after[1:] == before[1:]
    assert after[0] != before[0]
    assert files.sha256_of(after[0]) == files.sha256_of(before[0])
    assert not recordings_storage().exists(before[0])
    assert not UnusedFile.objects.exists()
    assert check().failure == "3 checked, 1 not as they were stored."


def test_where_all_was_repaired_it_ends_well(recordings: list[Recording]):
    spoil(recordings[2], framed)
    assert check("--repair").failure == ""
    assert check() == Said(["3 checked, 0 not as they were stored."], "")


def test_what_does_not_come_out_as_it_was_is_not_touched(
    recordings: list[Recording], monkeypatch: pytest.MonkeyPatch
):
    """Should the storage change it between two readings."""
    spoil(recordings[0], framed)
    calls = iter([lambda body: framed(cut(body)), lambda body: body])

    def another(pieces, path: Path) -> None:
        write_pieces(pieces, path)
        change = next(calls)
        path.write_bytes(change(path.read_bytes()))

    monkeypatch.setattr(repair, "write_pieces", another)
    before = recordings[0].file
    assert "Repaired" not in check("--repair").lines[0]
    recordings[0].refresh_from_db()
    assert recordings[0].file == before
    assert not UnusedFile.objects.exists()


@pytest.mark.parametrize("erased", [True, False])
def test_one_that_is_replaced_or_erased_meanwhile_stays_so(
    recordings: list[Recording],
    make_recording: MakeRecording,
    monkeypatch: pytest.MonkeyPatch,
    erased: bool,
):
    spoil(recordings[0], framed)
    call = recordings[0].conversation

    def meanwhile(*arguments) -> None:
        write_new(*arguments)
        if erased:
            Conversation.objects.filter(pk=call.pk).delete()
        else:
            make_recording(call, 1.0)

    monkeypatch.setattr(repair, "write_new", meanwhile)
    assert "Repaired" not in check("--repair").lines[0]
    assert not UnusedFile.objects.exists()
    kept = Recording.objects.filter(pk=recordings[0].pk).first()
    assert (kept is None) == erased
    if kept:
        assert stored_bytes(kept)
        assert kept.duration_seconds == 1.0


def test_only_one_organization_may_be_checked(
    recordings: list[Recording],
    make_agent: MakeAgent,
    make_conversation: MakeConversation,
    make_recording: MakeRecording,
    other_organization: Organization,
):
    agent = make_agent(organization=other_organization)
    theirs = make_recording(make_conversation(agent=agent))
    spoil(theirs, cut)
    assert not check("--organization", "acme").failure
    said = check("--organization", other_organization.slug)
    assert said.failure == "1 checked, 1 not as they were stored."
    assert check("--organization", "nobody").failure == (
        "There is no organization “nobody”."
    )


def test_it_goes_on_where_one_cannot_be_read(
    recordings: list[Recording], monkeypatch: pytest.MonkeyPatch
):
    told_of = files.told_of

    def told(name: str) -> object:
        if name == recordings[0].file:
            raise PermissionError
        return told_of(name)

    monkeypatch.setattr("conversations.recording_checks.check.told_of", told)
    said = check()
    assert said.lines == [
        f"{recordings[0].pk} {recordings[0].file}: not checked (PermissionError)."
    ]
    assert said.failure == (
        "3 checked, 0 not as they were stored. 1 could not be read."
    )


def test_it_gives_up_where_the_storage_is_away(
    recordings: list[Recording], monkeypatch: pytest.MonkeyPatch
):
    def away(name: str) -> object:
        raise ConnectionError

    monkeypatch.setattr("conversations.recording_checks.check.told_of", away)
    monkeypatch.setattr("conversations.recording_checks.run.MAX_FAILURES_IN_A_ROW", 2)
    assert "given up after 2 recordings" in check().failure


def test_many_are_checked_in_batches(
    recordings: list[Recording], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("conversations.recording_checks.run.BATCH", 2)
    assert check().lines == ["3 checked, 0 not as they were stored."]


def test_it_takes_little_memory(recordings: list[Recording]):
    large = recordings[0]
    recordings_storage().save(large.file, ContentFile(framed(bytes(60_000_000))))
    tracemalloc.start()
    check("--repair")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000


def test_in_a_bucket_what_is_framed_and_labelled_is_found_and_repaired(
    in_careless_bucket: CarelessBucket, recordings: list[Recording]
):
    """As an earlier version left it there."""
    kept = in_careless_bucket.objects
    wholes = [kept[f"{one.file}"].body for one in recordings]
    first, second = kept[recordings[0].file], kept[recordings[1].file]
    first.body, first.encoding = framed(first.body), "aws-chunked"
    second.encoding = "aws-chunked"
    del kept[recordings[2].file]
    said = check("--quick", "--repair")
    kinds = [line.split(": ")[1].split(".")[0] for line in said.lines]
    assert kinds == ["framed", "labelled", "missing"]
    assert said.failure == "3 checked, 3 not as they were stored. 2 repaired."
    for recording, whole in zip(recordings[:2], wholes, strict=False):
        recording.refresh_from_db()
        assert kept[recording.file].body == whole
        assert not kept[recording.file].encoding
    assert len(kept) == 2
