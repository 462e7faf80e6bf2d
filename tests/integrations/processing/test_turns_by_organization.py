"""No organization waits for another's backlog, however many or large its posts are."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from accounts.models import Organization
from conversations.models import Conversation
from conversations.projection import fold
from integrations.models import Delivery
from integrations.processing import worker as processing_worker
from integrations.processing.batch_size import BatchSize
from tests.integrations.conftest import session

pytestmark = pytest.mark.django_db(transaction=True)
LARGE = " " * 200_000
PATIENCE = 20


def append(organization: Organization, external_id: str, **fields: Any) -> Delivery:
    body = json.dumps(session(external_id, **fields)).encode()
    return Delivery.objects.create(
        organization=organization,
        provider="zelto",
        external_id=external_id,
        status=200,
        outcome="accepted",
        body=body,
        size=len(body),
    )


def is_processed(delivery: Delivery) -> bool:
    return Delivery.objects.get(pk=delivery.pk).outcome == "processed"


class Held:
    """Holds whoever applies an update with this version, until it is let go."""

    def __init__(self, patch: pytest.MonkeyPatch, version: str) -> None:
        self.reached, self.released = threading.Event(), threading.Event()
        apply = fold.apply

        def hold(state: Any, update: Any) -> Any:
            if update.version == version:
                self.reached.set()
                assert self.released.wait(PATIENCE)
            return apply(state, update)

        patch.setattr(fold, "apply", hold)


@pytest.fixture
def beside() -> Iterator[Callable[..., Any]]:
    """Return `beside(function)`, which runs it in another thread."""
    with ThreadPoolExecutor(1) as pool:

        def run() -> int:
            try:
                return processing_worker.process_batch()
            finally:
                connection.close()

        yield lambda: pool.submit(run)


def test_many_small_ones_are_passed_by_one_of_another_organization(
    organization: Organization, other_organization: Organization
) -> None:
    for number in range(520):
        append(organization, f"call-{number}")
    ours = append(other_organization, "ours")

    processing_worker.process_batch()

    assert is_processed(ours)
    assert Delivery.objects.waiting().exists()


def test_large_ones_are_passed_by_a_small_one_of_another_organization(
    organization: Organization, other_organization: Organization
) -> None:
    for number in range(3):
        append(organization, f"call-{number}", unknown=LARGE)
    ours = append(other_organization, "ours")

    processing_worker.process_batch()

    assert is_processed(ours)
    assert Delivery.objects.waiting().count() == 2


def test_large_ones_go_in_turns_by_organization(
    organization: Organization, other_organization: Organization
) -> None:
    for number in range(3):
        append(organization, f"call-{number}", unknown=LARGE)
    ours = append(other_organization, "ours", unknown=LARGE)

    for _ in range(2):
        processing_worker.process_batch()

    assert is_processed(ours)
    assert Delivery.objects.waiting().count() == 2


def test_while_one_thread_has_a_large_one_another_takes_none(
    organization: Organization,
    other_organization: Organization,
    monkeypatch: pytest.MonkeyPatch,
    beside: Callable[..., Any],
) -> None:
    held = Held(monkeypatch, "slow")
    slow = append(organization, "slow", version="slow", unknown=LARGE)
    second = append(organization, "second", unknown=LARGE)
    other = beside()
    assert held.reached.wait(PATIENCE)
    ours = append(other_organization, "ours")
    indexed: list[bool] = []

    def index(*, with_large: bool) -> int:
        indexed.append(with_large)
        return 0

    monkeypatch.setattr(processing_worker, "index_batch", index)

    processing_worker.process_until_quiet()

    assert is_processed(ours)
    assert indexed
    assert not any(indexed)
    assert Delivery.objects.get(pk=second.pk).attempts == 0
    held.released.set()
    assert other.result(PATIENCE) == 1
    assert is_processed(slow)


def test_a_try_that_is_due_does_not_wait_until_no_new_one_comes(
    organization: Organization, other_organization: Organization
) -> None:
    ours = append(other_organization, "ours")
    Delivery.objects.update(attempts=1)
    for number in range(3):
        append(organization, f"call-{number}")

    processing_worker.process_batch(1)

    assert is_processed(ours)


def test_a_small_one_of_a_large_call_makes_nobody_wait(
    organization: Organization,
    other_organization: Organization,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    append(organization, "large")
    processing_worker.process_batch()
    monkeypatch.setattr(processing_worker, "MAX_TRANSCRIPT_BYTES", 1)
    update = append(organization, "large", call={"endedReason": "later"})
    ours = append(other_organization, "ours")

    assert processing_worker.process_small() == 2

    assert is_processed(ours)
    update.refresh_from_db()
    assert (update.outcome, update.attempts, update.lease_until) == (
        "accepted",
        0,
        None,
    )
    assert processing_worker.process_small() == 0
    assert processing_worker.process_batch() == 1
    update.refresh_from_db()
    assert (update.outcome, update.attempts) == ("processed", 1)
    assert Conversation.objects.get(external_id="large").ended_reason == "later"


def test_a_batch_that_took_long_is_followed_by_a_smaller_one(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 2.0, 2.0, 2.1])
    size = BatchSize(max_rows=100, max_bytes=10**6)
    monkeypatch.setattr(
        "integrations.processing.batch_size.time.monotonic", lambda: next(clock)
    )
    with size.measuring([]):
        pass
    assert (size.rows, size.max_bytes) == (50, 500_000)
    with size.measuring([]):
        pass
    assert (size.rows, size.max_bytes) == (100, 10**6)
