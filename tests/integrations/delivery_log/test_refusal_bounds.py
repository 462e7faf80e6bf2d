"""What the refusals of one organization may take, however many there are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from accounts.models import Organization
from integrations.delivery_log import append as delivery_log
from integrations.delivery_log import refusal_bounds
from integrations.delivery_log.append import Arrival
from integrations.models import Delivery
from tests.conftest import MakeKey

pytestmark = pytest.mark.django_db(transaction=True)
KIB = 1024


@pytest.fixture(autouse=True)
def trimmed_at_once(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(refusal_bounds, "TRIM_EVERY", 1)
    settings.KEEP_REJECTED_BYTES = 100 * KIB


@pytest.fixture
def key_id(organization: Organization, make_key: MakeKey) -> UUID:
    return UUID(str(make_key(organization)[0].pk))


def refuse(
    organization: Organization, key_id: UUID, size: int, **fields: Any
) -> Delivery:
    fields.setdefault("status", 422)
    fields.setdefault("reason", "No.")
    arrival = Arrival(organization.pk, key_id, "r", size=size, body=b"x" * size)
    delivery_log.refuse(arrival, **fields)
    return Delivery.objects.latest("sequence")


def kept_bytes() -> int:
    bodies = Delivery.objects.exclude(body=None).values_list("body", flat=True)
    return sum(len(bytes(body or b"")) for body in bodies)


def test_the_oldest_refusals_go_first(organization: Organization, key_id: UUID) -> None:
    sent = [refuse(organization, key_id, 10 * KIB).sequence for _ in range(30)]
    left = list(
        Delivery.objects.order_by("sequence").values_list("sequence", flat=True)
    )
    assert left == sent[-len(left) :]
    assert 50 * KIB < kept_bytes() <= 100 * KIB


def test_many_small_ones_take_no_more(organization: Organization, key_id: UUID) -> None:
    for _ in range(60):
        refuse(organization, key_id, 1, errors=[{"path": "p", "detail": "d" * 3 * KIB}])
    assert 10 < Delivery.objects.count() < 35


def test_those_of_a_kind_that_keeps_no_body_go_too(
    organization: Organization, make_key: MakeKey
) -> None:
    for number in range(150):
        # Those of one key and minute are one row.
        key = make_key(organization, name=f"key {number}")[0]
        refuse(organization, UUID(str(key.pk)), 1, status=415, reason="It is no JSON.")
    assert 50 < Delivery.objects.count() <= 100


def test_it_is_the_same_for_many_keys(
    organization: Organization, make_key: MakeKey
) -> None:
    for number in range(20):
        key = make_key(organization, name=f"key {number}")[0]
        refuse(organization, UUID(str(key.pk)), 10 * KIB)
    assert kept_bytes() <= 100 * KIB


def test_nothing_else_goes(
    organization: Organization, other_organization: Organization, key_id: UUID
) -> None:
    for outcome in ("accepted", "processed", "failed", "ignored"):
        Delivery.objects.create(
            organization=organization, status=200, outcome=outcome, body=b"x" * KIB
        )
    other = refuse(other_organization, key_id, 10 * KIB)
    for _ in range(30):
        refuse(organization, key_id, 10 * KIB)
    assert Delivery.objects.exclude(outcome="rejected").count() == 4
    assert Delivery.objects.filter(pk=other.pk).exists()


def test_without_a_bound_all_stay(
    organization: Organization, key_id: UUID, settings: Any
) -> None:
    settings.KEEP_REJECTED_BYTES = 0
    for _ in range(30):
        refuse(organization, key_id, 10 * KIB)
    assert Delivery.objects.count() == 30


@pytest.fixture
def many(organization: Organization) -> Iterator[None]:
    """Fill the log with refusals, and have Postgres know of them meanwhile."""
    Delivery.objects.bulk_create(
        Delivery(
            organization=organization,
            status=422,
            outcome="rejected",
            reason="No. " * 20,
            kept_bytes=KIB,
        )
        for _ in range(3_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE integrations_delivery")
        yield
        Delivery.objects.all().delete()
        cursor.execute("VACUUM ANALYZE integrations_delivery")


@pytest.mark.usefixtures("many")
def test_it_adds_up_by_an_index_alone(organization: Organization) -> None:
    parameters: dict[str, Any] = {
        "organization": organization.pk,
        "bytes": 2_000 * KIB,
        "looked_at": 2_500,
        "row_bytes": KIB,
        "at_most": 10,
    }
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {refusal_bounds.TRIM}", parameters)
        plan = json.dumps(cursor.fetchone())
    assert '"Index Only Scan"' in plan
    assert '"delivery_refused_bytes"' in plan


def test_a_fault_of_it_is_no_fault_of_the_answer(
    organization: Organization, key_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusal_bounds, "TRIM", "SELECT 1/0")
    assert refuse(organization, key_id, 1).status == 422
