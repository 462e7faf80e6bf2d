"""A key that a process has seen is not looked up again before it is used, and still
opens nothing once it is over."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from accounts.models import ApiKey, Organization
from integrations.delivery_log import append as delivery_log
from integrations.delivery_log.append import Arrival
from integrations.models import Delivery
from tests.conftest import MakeKey
from tests.integrations.conftest import Post, session

pytestmark = pytest.mark.django_db


@pytest.fixture
def known(post: Post) -> ApiKey:
    """The key of `post`, which posted before."""
    assert post(session("before")).status_code == 200
    return ApiKey.objects.get()


def test_a_post_with_a_known_key_makes_one_query(
    post: Post, known: ApiKey, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        assert post(session()).status_code == 200


@pytest.mark.parametrize("body", [session(), {}], ids=["good", "bad"])
@pytest.mark.parametrize("ends", ["revoked_at", "expires_at"])
def test_a_known_key_that_is_over_is_refused_at_once(
    post: Post, known: ApiKey, ends: str, body: dict[str, Any]
) -> None:
    ApiKey.objects.update(**{ends: timezone.now()})

    for _ in range(2):
        assert post(body).status_code == 401
    refusals = Delivery.objects.filter(status=401)
    assert {row.key_id for row in refusals} == {known.id}
    assert Delivery.objects.filter(outcome="accepted").count() == 1


def test_a_known_key_whose_organization_is_gone_is_a_strangers(
    post: Post, known: ApiKey
) -> None:
    Delivery.objects.all().delete()
    Organization.objects.all().delete()

    assert post(session()).status_code == 401
    assert post({}).status_code == 401
    assert not Delivery.objects.exists()


def test_a_known_key_may_not_name_a_strange_agent(post: Post, known: ApiKey) -> None:
    body = session() | {"agentId": str(uuid4())}
    answer = post(body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "agentId"


@pytest.mark.django_db(transaction=True)
def test_a_row_that_postgres_refuses_takes_no_other_along(
    organization: Organization, make_key: MakeKey
) -> None:
    key_id = UUID(str(make_key(organization)[0].id))
    gathered = threading.Barrier(5)

    def store(external_id: str) -> int | None:
        arrival = Arrival(organization.id, key_id, "r", external_id=external_id)
        gathered.wait(10)
        try:
            return delivery_log.store(arrival, agent_id=None)
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        results = [
            pool.submit(store, external_id)
            for external_id in ("a", "b", "c", "d", "too long" * 99)
        ]
    assert [one.result() is not None for one in results[:4]] == [True] * 4
    with pytest.raises(DatabaseError):
        results[4].result()
    stored = Delivery.objects.values_list("external_id", flat=True)
    assert sorted(stored) == ["a", "b", "c", "d"]
