"""`GET /v1/worker-check`: what the doctor of the worker's package asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts import actions
from accounts.models import ApiKey, Organization, User
from integrations.models import Delivery
from integrations.worker_package.wheel import current_wheel
from tests.api.conftest import Api, MakeDelivery
from tests.conftest import MakeKey

pytestmark = pytest.mark.django_db

PATH = "/v1/worker-check"


@pytest.fixture
def key(organization: Organization, make_key: MakeKey) -> tuple[ApiKey, str]:
    return make_key(organization, "ingest")


@pytest.fixture
def worker(api_with: Callable[[str | None], Api], key: tuple[ApiKey, str]) -> Api:
    return api_with(key[1])


def test_it_says_what_the_key_is_and_what_the_worker_should_have(
    worker: Api, key: tuple[ApiKey, str]
) -> None:
    response = worker.get(PATH)
    assert response.status_code == 200
    found = response.json()
    told = datetime.fromisoformat(found.pop("time"))
    assert abs(timezone.now() - told) < timedelta(seconds=5)
    wheel = current_wheel()
    assert found == {
        "organization": "Acme",
        "key": key[0].name,
        "scope": "ingest",
        "worker": {
            "version": wheel.version,
            "sha256": wheel.sha256,
            "url": wheel.url,
        },
        "call": None,
    }


def test_a_key_of_full_scope_may_ask_and_one_that_reads_may_not(
    api: Api, reader: Api, stranger: Api
) -> None:
    assert api.get(PATH).json()["scope"] == "full"
    assert reader.get(PATH).status_code == 403
    assert stranger.get(PATH).status_code == 401


def test_a_revoked_key_is_told_so(
    worker: Api, key: tuple[ApiKey, str], alice: User
) -> None:
    actions.revoke_key(key=key[0], by=alice)
    response = worker.get(PATH)
    assert response.status_code == 401
    assert "revoked" in response.json()["detail"]


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ("accepted", "processing"),
        ("processed", "arrived"),
        ("failed", "failed"),
        ("rejected", "failed"),
        ("ignored", "unknown"),
    ],
)
def test_it_says_where_a_session_stands_that_this_key_posted(
    worker: Api,
    key: tuple[ApiKey, str],
    make_delivery: MakeDelivery,
    outcome: str,
    state: str,
) -> None:
    make_delivery(key=key[0], external_id="call-1", outcome=outcome)
    assert worker.get(PATH, call="call-1").json()["call"] == {"state": state}


def test_of_what_others_posted_it_says_nothing(
    worker: Api,
    key: tuple[ApiKey, str],
    full_key: tuple[ApiKey, str],
    outsider: Api,
    make_delivery: MakeDelivery,
) -> None:
    make_delivery(key=full_key[0], external_id="call-1")
    old = timezone.now() - timedelta(hours=1, minutes=1)
    make_delivery(key=key[0], external_id="call-2", received_at=old)
    make_delivery(key=key[0], external_id="call-3", source=Delivery.Source.RECORDING)
    for call in ("call-1", "call-2", "call-3", "call-4"):
        assert worker.get(PATH, call=call).json()["call"] == {"state": "unknown"}
    make_delivery(key=key[0], external_id="call-5")
    assert outsider.get(PATH, call="call-5").json()["call"] == {"state": "unknown"}


def test_another_parameter_and_an_impossible_call_are_named(worker: Api) -> None:
    assert worker.get(PATH, speed="2").status_code == 400
    assert worker.get(PATH, call="").status_code == 400
    assert worker.get(PATH, call="a\0b").status_code == 400
