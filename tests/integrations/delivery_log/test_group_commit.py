"""Rows of several threads are committed together, and none pays for another."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from integrations.delivery_log.group_commit import GroupCommit
from tests.zelto.stack import wait_for

WAIT = 10.0


class Log:
    """Writes numbers; the first write lasts until `open` is set."""

    def __init__(self, *, spoiled: int | None = None) -> None:
        self.groups: list[list[int]] = []
        self.begun = threading.Event()
        self.open = threading.Event()
        self.spoiled = spoiled

    def write_all(self, rows: Sequence[int]) -> list[str]:
        self.groups.append(list(rows))
        self.begun.set()
        assert self.open.wait(WAIT)
        if self.spoiled in rows:
            raise ValueError(f"{self.spoiled} does not fit")
        return [f"wrote {row}" for row in rows]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(20) as threads:
        yield threads


def write_together(
    pool: ThreadPoolExecutor, log: Log, numbers: Sequence[int], *, at_most: int = 8
) -> list[Future[str]]:
    """0 is written first, and meanwhile the others gather."""
    group = GroupCommit(log.write_all, at_most=at_most)
    writes = [pool.submit(group.write, 0)]
    assert log.begun.wait(WAIT)
    writes += [pool.submit(group.write, number) for number in numbers]
    wait_for(lambda: len(group._waiting) == len(numbers), WAIT, what="all wait")
    log.open.set()
    return writes


def test_what_gathers_during_a_write_is_written_together(
    pool: ThreadPoolExecutor,
) -> None:
    log = Log()

    writes = write_together(pool, log, [1, 2, 3])

    assert [one.result(WAIT) for one in writes] == [f"wrote {n}" for n in range(4)]
    assert log.groups[0] == [0]
    assert sorted(log.groups[1]) == [1, 2, 3]
    assert len(log.groups) == 2


def test_a_group_has_its_bound(pool: ThreadPoolExecutor) -> None:
    log = Log()

    writes = write_together(pool, log, range(1, 12), at_most=4)

    assert [one.result(WAIT) for one in writes] == [f"wrote {n}" for n in range(12)]
    assert [len(group) for group in log.groups] == [1, 4, 4, 3]


def test_a_row_that_does_not_fit_fails_alone(pool: ThreadPoolExecutor) -> None:
    log = Log(spoiled=2)

    writes = write_together(pool, log, [1, 2, 3])

    with pytest.raises(ValueError, match="2 does not fit"):
        writes[2].result(WAIT)
    others = [writes[place].result(WAIT) for place in (0, 1, 3)]
    assert others == ["wrote 0", "wrote 1", "wrote 3"]


def test_a_write_alone_raises_what_went_wrong_and_holds_nobody_up(
    pool: ThreadPoolExecutor,
) -> None:
    log = Log(spoiled=0)
    log.open.set()
    group = GroupCommit(log.write_all, at_most=8)

    for _ in range(2):
        with pytest.raises(ValueError, match="0 does not fit"):
            pool.submit(group.write, 0).result(WAIT)
    assert pool.submit(group.write, 1).result(WAIT) == "wrote 1"
    assert log.groups == [[0], [0], [1]]
