"""Who sends which message."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.models import Issue, Message
from tests.alerts.messages.conftest import Change, MakeChannel

pytestmark = pytest.mark.django_db(transaction=True)
MakeIssue = Callable[..., Issue]
AT_ONCE = 6


def claim_at_once() -> list[Message]:
    """Claim from several threads at the same moment."""
    claimed: list[Message] = []
    together = threading.Barrier(AT_ONCE)

    def claim() -> None:
        together.wait(30)
        if message := Message.claim_next():
            claimed.append(message)
        connection.close()

    threads = [threading.Thread(target=claim) for _ in range(AT_ONCE)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    return claimed


def test_a_channel_is_sent_one_message_at_a_time(
    channel: MakeChannel, change: Change, issue: MakeIssue
) -> None:
    channel("slack"), channel("webhook")
    for number in range(4):
        change(issue(f"agent {number}"))
    claimed = claim_at_once()
    assert len(claimed) == 2
    assert len({one.channel_id for one in claimed}) == 2


def test_a_claim_reads_its_row_by_its_key(
    channel: MakeChannel, change: Change, issue: MakeIssue
) -> None:
    channel()
    change(issue())
    with CaptureQueriesContext(connection) as queries:
        message = Message.claim_next()
    assert message is not None
    read = [one["sql"] for one in queries if "claimed_for" in one["sql"]]
    assert len(read) == 1
    condition = read[0].partition(" WHERE ")[2]
    assert f"'{message.pk.hex}'::uuid" in condition
