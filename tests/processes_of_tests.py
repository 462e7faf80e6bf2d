"""Which tests stay together where several processes run them, and what begins first.

Groups are told by the file, since xdist 3.8 reads its own mark `xdist_group` in a way
that pytest 9 no longer bears: each test then goes to whichever process is free, and
what a file makes once for all its tests is made in each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xdist.remote import Producer

# Each of these shares one stack, which takes long to fill or to start: a folder, and by
# the fixture the files that use it.
BROWSER = "tests/browser/"
RUNNING = "running"
SHARED_STACK = "shared_stack"
FILES = {
    RUNNING: (
        *("test_fuzzing.py", "test_head_over_http.py", "test_recipes.py"),
        "test_sdk_client.py",
    ),
    SHARED_STACK: (
        *("test_stack_restart.py", "test_stack_stop.py", "test_steady_load.py"),
        *("test_doubled_slashes.py", "test_listening.py"),
        "test_too_long_bodies.py",
    ),
}
# What wants the stack to be stopped comes after what wants it to run.
STOPPED = "stopped"
LONGEST_FIRST = (("processes", "browser"), ("processes",), ("slow",), ("browser",))


def group_of(nodeid: str) -> str:
    """Return what a test shares with those that are to run in the same process."""
    file = nodeid.partition("::")[0]
    if file.startswith(BROWSER):
        return BROWSER
    return next((name for name, some in FILES.items() if file.endswith(some)), file)


def sort_for_processes(items: list[pytest.Item]) -> None:
    """Put the groups that last long first, so that all processes end together.

    Raises:
        UsageError: a file that shares a stack is not named here.
    """
    ranks: dict[str, int] = {}
    for item in items:
        group = group_of(item.nodeid)
        for name in FILES.keys() & set(fixtures_of(item)) - {group}:
            raise pytest.UsageError(f"FILES[{name!r}] lacks that of {item.nodeid}.")
        ranks[group] = min(rank_of(item), ranks.get(group, len(LONGEST_FIRST)))
    items.sort(
        key=lambda item: (ranks[group_of(item.nodeid)], STOPPED in fixtures_of(item))
    )


def fixtures_of(item: pytest.Item) -> Sequence[str]:
    """Return the names of all fixtures of a test, of whatever kind it is."""
    names: Sequence[str] = getattr(item, "fixturenames", ())
    return names


def rank_of(item: pytest.Item) -> int:
    """Return the place of the first of LONGEST_FIRST all of whose marks a test has."""
    marks = {mark.name for mark in item.iter_markers()}
    return next(
        (rank for rank, wanted in enumerate(LONGEST_FIRST) if marks.issuperset(wanted)),
        len(LONGEST_FIRST),
    )


def make_scheduler(config: pytest.Config, log: Producer) -> object:
    """Return what hands whole groups to processes, or None where none is asked for."""
    from xdist.scheduler import LoadScopeScheduling

    class GroupScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    if config.getvalue("dist") != "loadgroup":
        return None
    config.option.loadscopereorder = False  # not by number: they are sorted
    return GroupScheduling(config, log)
