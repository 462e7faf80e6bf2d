"""The bounds that keep a leaked or misconfigured key from filling the disk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from accounts.models import ApiKey, Organization
from integrations.delivery_log import append as delivery_log
from integrations.delivery_log.append import Arrival
from integrations.models import Delivery, MinuteTally
from tests.conftest import MakeKey
from tests.integrations.conftest import Post

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def arrival(organization: Organization, make_key: MakeKey) -> Arrival:
    key: ApiKey = make_key(organization)[0]
    return Arrival(
        organization_id=organization.id,
        key_id=UUID(str(key.id)),
        request_id="r",
        size=2,
        body=b"{}",
    )


def minutes_seen() -> int:
    """1, or 2 where the test ran over the turn of a minute."""
    return MinuteTally.objects.count()


def test_refusals_without_a_body_fold_into_one_row_a_minute(arrival: Arrival) -> None:
    before = datetime.now(UTC).minute
    for _ in range(5):
        delivery_log.refuse(arrival, status=413, reason="Too large.")
    delivery_log.refuse(arrival, status=401, reason="Revoked.")

    rows = Delivery.objects.filter(status=413)
    assert sum(row.count for row in rows) == 5
    assert all(row.body is None for row in rows)
    if before == datetime.now(UTC).minute:
        assert len(rows) == 1
    assert Delivery.objects.get(status=401).count == 1


@pytest.mark.parametrize("status", [413, 422])
def test_a_folded_row_knows_its_first_and_its_last(
    arrival: Arrival, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(delivery_log, "KEPT_ROWS_PER_MINUTE", 0)
    delivery_log.refuse(arrival, status=status, reason="No.")
    first = Delivery.objects.get()
    assert first.last_received_at is None
    assert first.newest_at == first.received_at

    for _ in range(2):
        delivery_log.refuse(arrival, status=status, reason="No.")

    if minutes_of_the_log() == 1:
        row = Delivery.objects.get()
        assert row.count == 3
        assert row.received_at == first.received_at
        assert row.last_received_at is not None
        assert row.newest_at == row.last_received_at > row.received_at


def minutes_of_the_log() -> int:
    return len({row.received_at.minute for row in Delivery.objects.all()})


def test_a_key_keeps_at_most_sixty_bodies_a_minute(arrival: Arrival) -> None:
    for number in range(70):
        status = 400 if number % 2 else 422
        delivery_log.refuse(arrival, status=status, reason="No.")

    kept = Delivery.objects.exclude(body=None).count()
    assert kept == 60 or minutes_seen() == 2
    assert sum(row.count for row in Delivery.objects.all()) == 70
    folded = Delivery.objects.filter(body=None)
    assert {row.status for row in folded} == {400, 422} or minutes_seen() == 2


def test_the_bound_holds_when_all_come_at_once(arrival: Arrival) -> None:
    def refuse(_: int) -> None:
        delivery_log.refuse(arrival, status=422, reason="No.")
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(refuse, range(100)))

    kept = Delivery.objects.exclude(body=None).count()
    assert kept <= 60 * minutes_seen()
    assert sum(row.count for row in Delivery.objects.all()) == 100


def test_a_large_refused_body_is_not_kept(arrival: Arrival) -> None:
    body = b"x" * (256 * 1024)
    for data in (body, body + b"x"):
        with_body = Arrival(arrival.organization_id, arrival.key_id, "r", body=data)
        delivery_log.refuse(with_body, status=400, reason="No.")

    sizes = [row.body and len(bytes(row.body)) for row in Delivery.objects.all()]
    assert sorted(sizes, key=str) == sorted([len(body), None], key=str)


def test_nothing_is_stored_with_a_key_revoked_in_between(arrival: Arrival) -> None:
    assert delivery_log.store(arrival, agent_id=None) is not None
    ApiKey.objects.update(revoked_at=datetime.now(UTC))

    assert delivery_log.store(arrival, agent_id=None) is None
    assert Delivery.objects.count() == 1


def test_a_refusal_that_names_its_call_also_asks_whether_that_was_erased(
    post: Post, django_assert_num_queries: Any
) -> None:
    # Begin and commit, the lock, and whether anything here was ever erased.
    with django_assert_num_queries(2 + 4):
        post({"call": {"externalId": 1}})


def test_nobody_waits_for_a_large_row_to_be_written(
    arrival: Arrival, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what gathers, one thread writes all: so a large row is not among it."""
    gathered = []
    monkeypatch.setattr(delivery_log._group, "write", gathered.append)
    delivery_log.store(arrival, agent_id=None)
    assert len(gathered) == 1
    arrival.body = b"x" * 65 * 1024
    arrival.size = len(arrival.body)
    assert delivery_log.store(arrival, agent_id=None) is not None
    assert len(gathered) == 1
