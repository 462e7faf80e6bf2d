"""What is worked on is nobody else's, and is no other try, however long it takes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Organization
from conversations import worker_stop
from conversations.models import Conversation
from conversations.projection import fold
from integrations.delivery_log import claims, jobs, lease_keeper
from integrations.models import Delivery
from integrations.processing import worker as processing_worker
from tests.integrations.processing.test_turns_by_organization import (
    LARGE,
    PATIENCE,
    Held,
    append,
)
from tests.zelto.stack import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def work() -> int:
    try:
        return processing_worker.process_batch()
    finally:
        connection.close()


@pytest.mark.parametrize("unknown", ["", LARGE])
def test_a_lease_is_renewed_while_it_is_worked_on(
    organization: Organization,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    unknown: str,
) -> None:
    settings.LEASE_SECONDS = 1
    held = Held(monkeypatch, "slow")
    append(organization, "slow", version="slow", unknown=unknown)
    with ThreadPoolExecutor(1) as pool:
        worker = pool.submit(work)
        try:
            assert held.reached.wait(PATIENCE)
            two_leases_later = timezone.now() + timedelta(seconds=2)

            def is_kept() -> bool:
                until = Delivery.objects.get().lease_until
                return until is not None and until > two_leases_later

            wait_for(is_kept, PATIENCE, what="the lease to be renewed")
            assert work() == 0
        finally:
            held.released.set()
        assert worker.result(PATIENCE) == 1
    delivery = Delivery.objects.get()
    assert (delivery.outcome, delivery.attempts) == ("processed", 1)


def test_what_makes_no_progress_is_let_go(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(organization, "stuck")
    claimed = claims.claim_fresh(1)
    work = lease_keeper._Work(claimed)
    lease_keeper._keeper._works.append(work)
    before = Delivery.objects.get().lease_until
    lease_keeper._keeper._renew([work])
    renewed = Delivery.objects.get().lease_until
    assert before and renewed and renewed > before

    monkeypatch.setattr(lease_keeper, "MAX_SILENT_SECONDS", -1.0)
    lease_keeper._keeper._renew([work])

    assert Delivery.objects.get().lease_until == renewed
    assert work not in lease_keeper._keeper._works


def test_who_lost_it_says_nothing_of_it(organization: Organization) -> None:
    append(organization, "call")
    (lost,) = claims.claim_fresh(1)
    Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    held = claims.claim_apart(after=organization.pk)
    assert held is not None

    jobs.record_failure(lost, reason="It took too long.")
    claims.put_back([lost])
    claims.defer([lost])
    claims.renew([lost])

    row = Delivery.objects.get()
    assert (row.attempts, row.last_error, row.next_try_at) == (2, "", None)
    assert row.lease_until is not None
    assert row.lease_until > timezone.now()


def test_a_stop_puts_a_large_one_back_in_the_middle(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("1", "2", "3"):
        append(organization, "call", version=version, unknown=LARGE)
    stop = threading.Event()
    monkeypatch.setattr(worker_stop, "requested", stop)
    apply = fold.apply

    def stop_at_the_second(state: Any, update: Any) -> Any:
        if update.version == "2":
            stop.set()
        return apply(state, update)

    monkeypatch.setattr(fold, "apply", stop_at_the_second)
    processing_worker.process_batch()

    assert not Conversation.objects.exists()
    rows = Delivery.objects.values_list("outcome", "attempts", "lease_until")
    assert list(rows) == [("accepted", 0, None)] * 3
