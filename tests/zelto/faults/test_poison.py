"""Deliveries that break what processes them fail alone, after their fifth try."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest

from tests.zelto.conftest import Count
from tests.zelto.faults.ledger import Ask, assert_all_there_once, database
from tests.zelto.faults.load import body, post, provision
from tests.zelto.faults.poisoned_worker import DEADLY
from tests.zelto.stack import CHECKOUT, FOR_SESSIONS, Stack, wait_for

pytestmark = pytest.mark.processes
BATCH = 500

# The database itself stumbles over these; by the name of the call.
STUMBLE = """
    CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.external_id = 'refused' THEN
            RAISE EXCEPTION 'not this one';
        ELSIF NEW.external_id = 'too large' THEN
            RAISE EXCEPTION 'over a limit' USING ERRCODE = 'program_limit_exceeded';
        ELSIF NEW.external_id = 'cut off' THEN
            PERFORM pg_terminate_backend(pg_backend_pid());
            PERFORM pg_sleep(60);
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER stumble BEFORE INSERT OR UPDATE ON conversations_conversation
    FOR EACH ROW EXECUTE FUNCTION stumble();
"""
SPOIL = "UPDATE integrations_delivery SET body = '{spoilt' WHERE external_id = %s"
# Nobody waits here for what only waits: for the next try, or for the end of a lease
# (of seconds; whoever works on one alone is done in two).
LEASE = 30
DUE = "UPDATE integrations_delivery SET next_try_at = NULL WHERE outcome = 'accepted'"
LET_GO = f"""
    UPDATE integrations_delivery SET lease_until = NULL
    WHERE outcome = 'accepted' AND lease_until < now() + interval '{LEASE - 2} seconds'
"""  # noqa: S608
OPEN = "SELECT count(*) FROM integrations_delivery WHERE outcome = 'accepted'"
FAILED = """
    SELECT external_id, attempts, reason FROM integrations_delivery
    WHERE outcome = 'failed' AND external_id = %s
"""
TRIED = """
    SELECT max(attempts) FROM integrations_delivery
    WHERE outcome = 'processed' AND external_id = ANY(%s)
"""


class Victim:
    """A stack whose worker sleeps while a batch is posted, and then takes it whole."""

    def __init__(self, stack: Stack, key: str, ask: Ask) -> None:
        self.stack = stack
        self.key = key
        self.ask = ask
        self.good: list[str] = []

    def batch(
        self, poison: str, size: int, *, spoil: bool = False, hurry: str = DUE
    ) -> list[Any]:
        """What became of the poison, once nothing is open any more."""
        worker = psutil.Process(self.stack.pids()["worker"][0])
        good = [f"{poison} {number}" for number in range(size - 1)]
        calls = [*good[: size // 2], poison, *good[size // 2 :]]
        worker.suspend()
        with ThreadPoolExecutor(8) as pool:
            statuses = pool.map(self.post, calls)
        assert set(statuses) == {200}
        if spoil:
            self.ask(SPOIL, poison)
        worker.resume()

        def is_done() -> bool:
            self.ask(hurry)
            return bool(self.ask(OPEN)[0][0] == 0)

        wait_for(is_done, 120, what="nothing is open any more")
        self.good += good
        assert_all_there_once(self.ask, self.good)
        ((conversations,),) = self.ask(
            "SELECT count(*) FROM conversations_conversation"
        )
        assert conversations == len(self.good)
        ((_, attempts, reason),) = self.ask(FAILED, poison)
        ((tried,),) = self.ask(TRIED, good)
        return [attempts, reason, tried]

    def post(self, call: str) -> int:
        return post(self.stack.port, self.key, body(call))


@pytest.fixture(scope="module")
def victim() -> Iterator[Victim]:
    lease = {"ZELTO_LEASE_SECONDS": str(LEASE)}
    with Stack(processes=FOR_SESSIONS, environment=lease) as stack:
        key = provision(stack)["apiKey"]
        with database(stack) as ask:
            ask(STUMBLE)
            yield Victim(stack, key, ask)


def test_one_of_five_hundred_that_the_database_refuses_fails_alone(
    victim: Victim, count: Count
) -> None:
    attempts, reason, tried = victim.batch("refused", BATCH)
    # The worker has two threads, which may have shared what there was.
    together = re.findall(r"A batch of (\d+) deliveries failed", victim.stack.log)
    assert max(map(int, together)) > BATCH // 10
    assert (attempts, tried) == (5, 1)
    assert reason.startswith("The database refused it")
    count(
        posted=BATCH,
        claimed_with_the_one=max(map(int, together)) - 1,
        conversations=len(victim.good),
        tries=attempts,
    )


def test_one_that_no_adapter_can_read_any_more_fails_alone(victim: Victim) -> None:
    attempts, reason, tried = victim.batch("spoilt", 50, spoil=True)
    assert (attempts, tried) == (5, 1)
    assert "JSON" in reason


def test_one_that_is_over_a_limit_of_the_database_fails_alone(victim: Victim) -> None:
    attempts, reason, tried = victim.batch("too large", 50)
    assert (attempts, tried) == (5, 1)
    assert reason.startswith("The database refused it")


def test_one_that_cuts_the_connection_fails_alone(victim: Victim) -> None:
    """Nobody can tell it from a database that goes away: its batch waits for the end
    of the lease, and comes back one by one."""
    attempts, reason, tried = victim.batch("cut off", 50, hurry=LET_GO)
    assert (attempts, tried) == (6, 2)
    assert "interrupted each time" in reason


def test_one_that_kills_its_worker_fails_alone(count: Count) -> None:
    """In turn before and during the transaction that stores its batch."""
    lease = {"ZELTO_LEASE_SECONDS": "1"}
    with Stack(processes=["web", "beat"], environment=lease) as stack:
        key = provision(stack)["apiKey"]
        good = [f"call-{number}" for number in range(99)]
        for call in [*good[:50], DEADLY, *good[50:]]:
            assert post(stack.port, key, body(call)) == 200
        deaths = 0
        with database(stack) as ask:
            while ask(OPEN)[0][0] and deaths < 8:
                deaths += dies(stack, ask, when=("read", "stored")[deaths % 2])
            assert deaths == 5
            found = assert_all_there_once(ask, good)
            assert found["conversations"] == len(good)
            ((_, attempts, reason),) = ask(FAILED, DEADLY)
        assert attempts == 6
        assert "interrupted each time" in reason
        count(deaths=deaths, **found)


def dies(stack: Stack, ask: Ask, *, when: str) -> bool:
    """One life of a worker: until it is killed, or nothing is left to do."""
    with subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-m", "tests.zelto.faults.poisoned_worker", when],
        cwd=CHECKOUT,
        env=stack.environment,
    ) as worker:
        wait_for(
            lambda: worker.poll() is not None or ask(OPEN)[0][0] == 0,
            60,
            what="it dies or is done",
        )
        died = worker.poll() is not None
        worker.kill()
    return died
