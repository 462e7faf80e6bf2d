"""A call with many large posts: folded once for all that wait, one body at a time."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from accounts.models import Organization
from conversations.models import Charge, Conversation
from conversations.projection import fold, store_apart
from integrations.delivery_log import read as log_reader
from integrations.models import Delivery
from integrations.processing import by_call
from integrations.processing import worker as processing_worker
from integrations.processing.rebuild import rebuild
from tests.integrations.processing.test_turns_by_organization import LARGE, append

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 40
TURNS = {"turns": [{"role": "user", "content": "word " * 20}] * 3000}


def work() -> None:
    while processing_worker.process_batch():
        pass


def versions(organization: Organization, count: int, **fields: Any) -> None:
    """Append posts of one call, the last one of which was stored before the others."""
    last = append(organization, "call", version=f"{count}", **fields)
    Delivery.objects.filter(pk=last.pk).update(sequence=last.pk + count)
    work()
    for number in range(1, count):
        append(
            organization,
            "call",
            version=f"{number}",
            metadata={f"k{number}": 1},
            **fields,
        )


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the sequences that were read, in order."""
    seen: list[int] = []
    read = log_reader.read

    def note(row: Any, data: bytes | None) -> Any:
        seen.append(row.sequence)
        return read(row, data)

    monkeypatch.setattr(log_reader, "read", note)
    return seen


def test_late_ones_are_folded_once_for_all(
    organization: Organization, reads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processing_worker, "CHUNK_BYTES", 1)
    versions(organization, COUNT, unknown=LARGE)
    reads.clear()

    work()

    assert len(reads) <= 3 * COUNT
    row = Conversation.objects.get()
    assert row.version == str(COUNT)
    assert row.metadata == {f"k{number}": 1 for number in range(1, COUNT)}
    assert not Delivery.objects.exclude(outcome="processed").exists()
    assert Charge.objects.count() == 1


def test_a_long_past_is_read_apart(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_reader, "MAX_SMALL_ROWS", 5)
    versions(organization, 10)

    assert processing_worker.process_small() == 9
    assert Conversation.objects.get().version == "10"
    assert Conversation.objects.get().metadata == {}
    assert Delivery.objects.waiting().count() == 9
    assert by_call.process_one_call() == 9

    assert len(Conversation.objects.get().metadata) == 9
    attempts = Delivery.objects.values_list("attempts", flat=True)
    assert set(attempts) == {1}


def peak_of(function: Any) -> float:
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


def test_one_body_is_in_memory_at_a_time(organization: Organization) -> None:
    versions(organization, 16, transcript=TURNS)

    # Each is 0.4 MB as sent, and some 2 MB when it is read.
    assert peak_of(work) < 20
    assert peak_of(lambda: list(rebuild())) < 20
    assert not Delivery.objects.exclude(outcome="processed").exists()


def test_what_changes_while_it_is_folded_is_folded_again(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(organization, "call", version="1")
    work()
    append(organization, "call", version="2", unknown=LARGE, metadata={"large": 1})
    between = append(organization, "call", version="3", metadata={"small": 1})
    folds: list[None] = []
    prepare = store_apart.fold_apart

    def overtaken(*given: Any, **named: Any) -> Any:
        prepared = prepare(*given, **named)
        folds.append(None)
        if len(folds) == 1:
            Delivery.objects.filter(pk=between.pk).update(attempts=0, lease_until=None)
            assert processing_worker.process_small() == 1
        return prepared

    monkeypatch.setattr(store_apart, "fold_apart", overtaken)
    by_call.process_one_call()

    row = Conversation.objects.get()
    assert len(folds) == 2
    assert (row.version, row.metadata) == ("3", {"large": 1, "small": 1})
    assert row.applied_through == between.sequence


def test_one_that_cannot_be_applied_fails_alone_among_its_call(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("1", "2", "3"):
        append(organization, "call", version=version, unknown=LARGE)
    apply = fold.apply

    def trip(state: Any, update: Any) -> Any:
        if update.version == "2":
            raise ValueError("This one cannot be applied.")
        return apply(state, update)

    monkeypatch.setattr(fold, "apply", trip)
    processing_worker.process_batch()

    assert Conversation.objects.get().version == "3"
    failed = Delivery.objects.exclude(outcome="processed").get()
    assert failed.last_error == "This one cannot be applied."
    assert failed.attempts == 1


def test_one_that_does_not_read_fails_alone_among_its_call(
    organization: Organization,
) -> None:
    for version in ("1", "2"):
        append(organization, "call", version=version, unknown=LARGE)
    broken = append(organization, "call", unknown=LARGE)
    Delivery.objects.filter(pk=broken.pk).update(body=b"{")

    processing_worker.process_batch()

    assert Conversation.objects.get().version == "2"
    broken.refresh_from_db()
    assert (broken.outcome, broken.attempts) == ("accepted", 1)
    assert "not JSON" in broken.last_error


def test_a_body_that_goes_while_it_is_read_ends_the_rebuild_alone(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        append(organization, "call", version=str(number), unknown=LARGE * 6)
    work()
    before = Conversation.objects.get()
    load = log_reader.load_bodies

    monkeypatch.setattr(log_reader, "load_bodies", lambda s: dict.fromkeys(load(s)))
    (*_, progress) = rebuild()

    assert (progress.done, progress.rebuilt, progress.unreadable) == (1, 0, 0)
    after = Conversation.objects.get()
    assert (after.version, after.updated_at) == (before.version, before.updated_at)
