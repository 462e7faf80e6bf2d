"""A program that follows changes while transactions commit out of order."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.models import Organization
from conversations.changes import positions
from conversations.changes.following import read_changes
from conversations.models import Change, Conversation
from tests.conversations.conftest import MakeConversation
from tests.zelto.stack import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 3
# Two are there from the beginning, two are made on the way.
ROWS = [uuid4() for _ in range(4)]
CHANGE = """
    UPDATE conversations_conversation
    SET version = %(version)s, updated_at = clock_timestamp() WHERE id = %(id)s
"""
ERASE = "DELETE FROM conversations_conversation WHERE id = %(id)s"
Steps = list[tuple[str, int, int]]
Copy = dict[UUID, str]


def copy_statement() -> str:
    """One that makes a conversation as another, under an id of its own."""
    own = {
        "id": "%(id)s",
        "external_id": "%(id)s::text",
        "version": "%(version)s",
        "created_at": "clock_timestamp()",
        "updated_at": "clock_timestamp()",
    }
    fields = Conversation._meta.concrete_fields
    names = [field.column for field in fields if field.column]
    values = ", ".join(own.get(name, name) for name in names)
    return (
        f"INSERT INTO conversations_conversation ({', '.join(names)}) "  # noqa: S608
        f"SELECT {values} FROM conversations_conversation WHERE id = %(model)s"
    )


def another_connection() -> psycopg.Connection[Any]:
    parameters = connection.get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    return psycopg.connect(**parameters)


class Follower:
    """Keeps a copy of all conversations by their changes."""

    def __init__(self, organization: Organization, page: int = 2) -> None:
        self.organization, self.page, self.position = organization, page, 0
        self.copy: Copy = {}

    def poll(self) -> None:
        """Read pages until one is empty."""
        while True:
            page = read_changes(self.organization, self.position, self.page)
            self.copy |= {row.pk: row.version for row in page.rows}
            for gone in page.erased:
                self.copy.pop(gone, None)
            self.position = page.position
            if not page.rows and not page.erased:
                return


class ByTime:
    """What a program did before: it goes on behind the latest `updatedAt` it saw."""

    def __init__(self, organization: Organization) -> None:
        self.rows = Conversation.objects.in_organization(organization)
        self.latest: Any = None
        self.copy: Copy = {}

    def poll(self) -> None:
        newer = (
            self.rows.filter(updated_at__gt=self.latest) if self.latest else self.rows
        )
        for row in newer.order_by("updated_at"):
            self.copy[row.pk] = row.version
            self.latest = row.updated_at


class Writers:
    """Transactions side by side; none writes what another holds, so none waits."""

    def __init__(self, stack: ExitStack, model: UUID) -> None:
        self.connections = [
            stack.enter_context(another_connection()) for _ in range(WRITERS)
        ]
        self.model = model
        self.make = copy_statement()
        self.held: dict[int, dict[UUID, str | None]] = {n: {} for n in range(WRITERS)}
        self.committed: Copy = {}
        self.count = 0

    def write(self, writer: int, id_: UUID, *, erase: bool) -> None:
        others = (each for n, each in self.held.items() if n != writer)
        if any(id_ in each for each in others):
            return
        self.count += 1
        own = self.held[writer]
        is_there = own.get(id_, self.committed.get(id_)) is not None
        if erase and not is_there:
            return
        version = None if erase else f"v{self.count}"
        statement = ERASE if erase else CHANGE if is_there else self.make
        values = {"id": id_, "version": version, "model": self.model}
        self.connections[writer].execute(statement, values)
        own[id_] = version

    def end(self, writer: int, *, commit: bool) -> None:
        if commit:
            self.connections[writer].commit()
            for id_, version in self.held[writer].items():
                if version is None:
                    self.committed.pop(id_, None)
                else:
                    self.committed[id_] = version
        else:
            self.connections[writer].rollback()
        self.held[writer] = {}

    def is_held(self, id_: UUID) -> bool:
        return any(id_ in each for each in self.held.values())


def without(copy: Copy, *ids: UUID) -> Copy:
    return {id_: version for id_, version in copy.items() if id_ not in ids}


def run(steps: Steps, organization: Organization, model: UUID) -> None:
    follower = Follower(organization)
    with ExitStack() as stack:
        writers = Writers(stack, model)
        for what, writer, row in steps:
            if what in ("write", "erase"):
                writers.write(writer, ROWS[row], erase=what == "erase")
            elif what == "poll":
                follower.poll()
                held = [id_ for id_ in ROWS if writers.is_held(id_)]
                seen = without(follower.copy, model, *held)
                assert seen == without(writers.committed, *held)
            else:
                writers.end(writer, commit=what == "commit")
        for writer in range(WRITERS):
            writers.end(writer, commit=True)
        follower.poll()
        assert without(follower.copy, model) == writers.committed


A_STEP = st.tuples(
    st.sampled_from(["write", "write", "erase", "commit", "rollback", "poll", "poll"]),
    st.integers(0, WRITERS - 1),
    st.integers(0, len(ROWS) - 1),
)


@pytest.fixture
def model(make_conversation: MakeConversation) -> UUID:
    return make_conversation().pk


@given(steps=st.lists(A_STEP, max_size=25))
@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_the_order_of_commits_the_copy_is_whole(
    steps: Steps, organization: Organization, model: UUID
) -> None:
    run(steps, organization, model)
    Conversation.objects.exclude(pk=model).delete()
    Change.objects.all().delete()


@pytest.fixture
def late(model: UUID) -> Callable[[Any], tuple[Copy, Copy]]:
    """Gives what a follower has, and has to have, after a commit that came late."""

    def follow(follower: Any) -> tuple[Copy, Copy]:
        with ExitStack() as stack:
            writers = Writers(stack, model)
            writers.write(0, ROWS[0], erase=False)
            writers.write(1, ROWS[1], erase=False)
            writers.end(1, commit=True)
            follower.poll()
            writers.end(0, commit=True)
            follower.poll()
            return without(follower.copy, model), writers.committed

    return follow


def test_a_late_commit_is_not_missed(
    late: Callable[[Any], tuple[Copy, Copy]], organization: Organization
) -> None:
    seen, committed = late(Follower(organization))
    assert seen == committed


def test_by_the_time_of_its_change_it_would_be(
    late: Callable[[Any], tuple[Copy, Copy]], organization: Organization
) -> None:
    seen, committed = late(ByTime(organization))
    assert seen == without(committed, ROWS[0])


def test_a_transaction_that_lasts_holds_no_other_change_back(
    organization: Organization, model: UUID
) -> None:
    follower = Follower(organization)
    with ExitStack() as stack:
        writers = Writers(stack, model)
        writers.write(0, ROWS[0], erase=False)
        writers.write(1, ROWS[1], erase=False)
        writers.end(1, commit=True)
        follower.poll()
        assert ROWS[1] in follower.copy


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def test_nobody_goes_on_behind_positions_that_are_not_committed(
    organization: Organization, model: UUID, make_conversation: MakeConversation
) -> None:
    follower, over = Follower(organization), threading.Event()
    values = {"organization": organization.pk, "limit": 1}
    with another_connection() as giver, ThreadPoolExecutor(1) as threads:
        locked = giver.execute(positions._LOCK, values).fetchone()
        assert locked
        (last,) = locked
        giver.execute(positions._GIVE, values | {"last": last})
        later = make_conversation().pk
        polling = threads.submit(follow, follower, over)
        try:
            wait_for(
                lambda: later in follower.copy or somebody_waits(), 20, what="a poll"
            )
            went_on = later in follower.copy
            giver.commit()
            wait_for(lambda: later in follower.copy, 20, what="the later change")
        finally:
            over.set()
        polling.result()
    assert not went_on
    assert model in follower.copy


class Writing:
    """A thread's transactions on rows of its own, some of which are rolled back."""

    def __init__(self, number: int, model: UUID) -> None:
        self.number, self.model = number, model
        self.rows = [uuid4() for _ in range(5)]
        self.committed: Copy = {}

    def run(self) -> None:
        chance = random.Random(self.number)  # noqa: S311 - no secret
        with another_connection() as link:
            for turn in range(60):
                changed = dict.fromkeys(
                    chance.sample(self.rows, chance.randint(1, 3)),
                    f"{self.number}.{turn}",
                )
                for id_, version in changed.items():
                    statement = CHANGE if id_ in self.committed else copy_statement()
                    values = {"id": id_, "version": version, "model": self.model}
                    link.execute(statement, values)
                if chance.random() < 0.8:
                    link.commit()
                    self.committed |= changed
                else:
                    link.rollback()


def follow(follower: Follower, over: threading.Event) -> None:
    try:
        while not over.is_set():
            follower.poll()
    finally:
        connection.close()


def test_several_programs_and_writers_at_once_lose_nothing(
    organization: Organization, model: UUID
) -> None:
    over = threading.Event()
    followers = [Follower(organization, page=5) for _ in range(2)]
    writers = [Writing(number, model) for number in range(4)]
    with ThreadPoolExecutor(len(followers) + len(writers)) as threads:
        polling = [threads.submit(follow, one, over) for one in followers]
        writing = [threads.submit(one.run) for one in writers]
        wait(writing)
        over.set()
    for done in (*polling, *writing):
        done.result()
    for one in followers:
        one.poll()
        seen = without(one.copy, model)
        assert seen == {id_: v for each in writers for id_, v in each.committed.items()}
