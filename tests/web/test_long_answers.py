"""The budget of long answers: what fits, and what gives a place back."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from web.long_answers import Budget, Kind, NoSlotFree, Slot

ACME, GLOBEX, INITECH = uuid4(), uuid4(), uuid4()


def fill(budget: Budget, wanted: Sequence[tuple[Kind, UUID]]) -> list[Slot]:
    return [budget.take(kind, organization) for kind, organization in wanted]


def everything(budget: Budget) -> list[Slot]:
    """As many as can be taken, whoever asks."""
    taken = []
    for organization in (ACME, GLOBEX, INITECH):
        for kind in (*Kind, *Kind):
            try:
                taken.append(budget.take(kind, organization))
            except NoSlotFree:
                continue
    return taken


@pytest.mark.parametrize("threads", [2, 3, 4, 6, 7, 16])
def test_it_leaves_half_of_the_threads(threads: int) -> None:
    taken = everything(Budget(threads))
    assert len(taken) == threads // 2


def test_one_kind_leaves_room_for_another() -> None:
    budget = Budget(6)
    fill(budget, [(Kind.EXPORT, ACME), (Kind.EXPORT, GLOBEX)])
    with pytest.raises(NoSlotFree):
        budget.take(Kind.EXPORT, INITECH)
    budget.take(Kind.UPLOAD, INITECH)


def test_one_organization_leaves_room_for_another() -> None:
    budget = Budget(6)
    fill(budget, [(Kind.EXPORT, ACME), (Kind.DOWNLOAD, ACME)])
    with pytest.raises(NoSlotFree):
        budget.take(Kind.UPLOAD, ACME)
    budget.take(Kind.UPLOAD, GLOBEX)


def test_a_process_with_one_slot_gives_it_to_anybody() -> None:
    budget = Budget(2)
    with budget.take(Kind.UPLOAD, ACME), pytest.raises(NoSlotFree):
        budget.take(Kind.EXPORT, GLOBEX)
    with budget.take(Kind.EXPORT, GLOBEX):
        assert budget.under_way() == {(Kind.EXPORT, GLOBEX): 1}


def test_a_slot_that_is_released_twice_is_one_place() -> None:
    budget = Budget(6)
    first, _ = fill(budget, [(Kind.EXPORT, ACME), (Kind.EXPORT, ACME)])
    first.release()
    first.release()
    budget.take(Kind.EXPORT, ACME)
    with pytest.raises(NoSlotFree):
        budget.take(Kind.EXPORT, ACME)


def test_another_thread_may_release_it() -> None:
    budget = Budget(6)
    slot = budget.take(Kind.EXPORT, ACME)
    other = threading.Thread(target=slot.release)
    other.start()
    other.join()
    assert not budget.under_way()


def test_it_is_released_where_its_block_fails() -> None:
    budget = Budget(6)
    with pytest.raises(OSError), budget.take(Kind.UPLOAD, ACME):
        raise OSError
    assert not budget.under_way()


def test_many_threads_never_get_more_than_there_are() -> None:
    budget = Budget(6)
    most = []
    start = threading.Barrier(8)

    def take_and_release(organization: UUID) -> None:
        start.wait()
        for kind in list(Kind) * 200:
            try:
                slot = budget.take(kind, organization)
            except NoSlotFree:
                continue
            most.append(budget.under_way().total())
            slot.release()

    threads = [
        threading.Thread(target=take_and_release, args=[uuid4()]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= max(most) <= 3
    assert not budget.under_way()
