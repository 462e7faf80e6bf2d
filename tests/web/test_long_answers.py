"""The budget of long answers: what fits, and what gives a place back."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from web.long_answers import MOST, Budget, Kind, NoSlotFree, Slot

ACME, GLOBEX = uuid4(), uuid4()


def fill(budget: Budget, wanted: Sequence[tuple[Kind, UUID]]) -> list[Slot]:
    return [budget.take(kind, organization) for kind, organization in wanted]


@pytest.mark.parametrize("kind", Kind)
def test_there_are_so_many_of_a_kind(kind: Kind) -> None:
    budget = Budget()
    most, most_of_one = MOST[kind]
    fill(budget, [(kind, uuid4()) for _ in range(most)])
    with pytest.raises(NoSlotFree):
        budget.take(kind, ACME)
    assert most_of_one < most


@pytest.mark.parametrize("kind", Kind)
def test_one_kind_leaves_room_for_another(kind: Kind) -> None:
    budget = Budget()
    fill(budget, [(kind, uuid4()) for _ in range(MOST[kind][0])])
    for other in set(Kind) - {kind}:
        budget.take(other, ACME)


@pytest.mark.parametrize("kind", Kind)
def test_one_organization_leaves_room_for_another(kind: Kind) -> None:
    budget = Budget()
    fill(budget, [(kind, ACME) for _ in range(MOST[kind][1])])
    with pytest.raises(NoSlotFree):
        budget.take(kind, ACME)
    budget.take(kind, GLOBEX)


def test_a_slot_that_is_released_twice_is_one_place() -> None:
    budget = Budget()
    first, _ = fill(budget, [(Kind.EXPORT, ACME), (Kind.EXPORT, ACME)])
    first.release()
    first.release()
    budget.take(Kind.EXPORT, ACME)
    with pytest.raises(NoSlotFree):
        budget.take(Kind.EXPORT, ACME)


def test_another_thread_may_release_it() -> None:
    budget = Budget()
    slot = budget.take(Kind.EXPORT, ACME)
    other = threading.Thread(target=slot.release)
    other.start()
    other.join()
    assert not budget.under_way()


def test_it_is_released_where_its_block_fails() -> None:
    budget = Budget()
    with pytest.raises(OSError), budget.take(Kind.UPLOAD, ACME):
        raise OSError
    assert not budget.under_way()


def test_many_threads_never_get_more_than_there_are() -> None:
    budget = Budget()
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
    assert 1 <= max(most) <= sum(of_kind for of_kind, _ in MOST.values())
    assert not budget.under_way()
