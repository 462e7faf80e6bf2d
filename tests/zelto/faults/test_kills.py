"""`kill -9` at random, for as long as ZELTO_FAULT_SECONDS says, under load."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from contextlib import suppress

import psutil
import pytest

from tests.zelto.conftest import Count
from tests.zelto.faults.ledger import (
    assert_all_there_once,
    assert_as_sent,
    database,
    wait_until_processed,
)
from tests.zelto.faults.load import WORKERS_PATIENCE, Senders, provision
from tests.zelto.stack import SHORT_LEASE, Stack, wait_for

pytestmark = pytest.mark.processes

SECONDS = float(os.environ.get("ZELTO_FAULT_SECONDS", "15"))
SEED = int(os.environ.get("ZELTO_FAULT_SEED") or random.randrange(10**6))  # noqa: S311 - no secret
ROLES = ["worker", "web", "web-worker", "postmaster", "beat", "media", "owner", "all"]
WEIGHTS = [3, 3, 3, 3, 1, 1, 1, 1]


class Killer:
    """Kills a process of the stack, and starts what ended, as a supervisor does."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.chance = random.Random(SEED)  # noqa: S311 - no secret
        self.kills: Counter[str] = Counter()
        self.during_starts = 0

    def wait_for_load(self, senders: Senders) -> None:
        """Some posts more; or the end, as of a web server whose workers die too often."""
        owner = self.stack.owner
        assert owner is not None
        enough = senders.posts_acknowledged + self.chance.randrange(1, 100)
        wait_for(
            lambda: senders.posts_acknowledged >= enough or owner.poll() is not None,
            60,
            what="some more posts are acknowledged",
        )

    def kill(self) -> None:
        (role,) = self.chance.choices(ROLES, WEIGHTS)
        if role == "all":
            for process in self.stack.everything():
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        else:
            with suppress(KeyError, ProcessLookupError):  # it is just ending
                self.stack.kill9(role)
        self.kills[role] += 1
        if role != "web-worker":  # the one that web replaces by itself
            self.stack.wait_until_ended()

    def keep_up(self) -> None:
        """Some starts are cut short as well: they are when most can be in the way."""
        owner = self.stack.owner
        assert owner is not None
        if owner.poll() is None:
            return
        while self.chance.random() < 0.25:
            self.kill_during_start()
        self.stack.start()

    def kill_during_start(self) -> None:
        role = self.chance.choice(["postmaster", "web", "worker", "owner"])
        self.stack.spawn()
        self.stack.wait_for_role(role)
        with suppress(KeyError, ProcessLookupError, psutil.NoSuchProcess):
            self.stack.kill9(role)
        self.stack.wait_until_ended()
        self.kills[role] += 1
        self.during_starts += 1


def test_kills_at_random_lose_and_double_nothing(count: Count) -> None:
    print(f"ZELTO_FAULT_SEED={SEED}")  # noqa: T201 - to do the same again
    with Stack(environment=SHORT_LEASE) as stack:
        key = provision(stack)["apiKey"]
        killer = Killer(stack)
        with Senders(
            *(stack.port, key, 24),
            patience=WORKERS_PATIENCE,
            reposts=0.3,
            seed=SEED,
        ) as senders:
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                killer.wait_for_load(senders)
                killer.kill()
                killer.keep_up()
            killer.keep_up()
            senders.wait_for_more(20)
        assert not senders.refused
        assert 500 not in senders.answers
        with database(stack) as ask:
            wait_until_processed(ask)
            found = assert_all_there_once(ask, senders.acknowledged)
            found |= assert_as_sent(ask, senders.revisions)
        count(
            seed=SEED,
            seconds=SECONDS,
            kills=killer.kills.total(),
            of_which=dict(killer.kills),
            during_starts=killer.during_starts,
            **senders.counts,
            **found,
        )
