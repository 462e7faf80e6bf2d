"""A stop under load, as for a new release, leaves no request without its answer."""

from __future__ import annotations

import pytest

from tests.zelto.conftest import Count
from tests.zelto.faults.ledger import (
    assert_all_there_once,
    assert_as_sent,
    database,
    wait_until_processed,
)
from tests.zelto.faults.load import Senders, provision
from tests.zelto.stack import FOR_SESSIONS, Stack

pytestmark = pytest.mark.processes
DEPLOYS = 2


def test_a_stop_under_load_answers_what_it_took(count: Count) -> None:
    """Those who find nobody there are refused, and come again."""
    with Stack(processes=FOR_SESSIONS) as stack:
        key = provision(stack)["apiKey"]
        fresh = Senders(stack.port, key, threads=8, name="fresh", reposts=0.3)
        kept = Senders(
            stack.port, key, threads=8, name="kept", reposts=0.3, keep_alive=True
        )
        with fresh, kept:
            for _ in range(DEPLOYS):
                fresh.wait_for_more(50)
                kept.wait_for_more(50)
                assert stack.stop() == 0
                stack.start()
            fresh.wait_for_more(50)
            kept.wait_for_more(50)
        for senders in (fresh, kept):
            assert senders.unanswered.keys() == {"ConnectionRefusedError"}
            assert senders.answers.keys() == {200}
        with database(stack) as ask:
            wait_until_processed(ask)
            found = assert_all_there_once(ask, fresh.acknowledged + kept.acknowledged)
            found |= assert_as_sent(ask, fresh.revisions | kept.revisions)
        count(deploys=DEPLOYS, fresh=fresh.counts, kept=kept.counts, **found)
