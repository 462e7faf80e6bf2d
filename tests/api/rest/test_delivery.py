"""`GET /v1/deliveries/{id}` and `POST /v1/deliveries/{id}/replay`"""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import ApiKey, AuditEntry
from conversations.models import Conversation
from integrations.models import Delivery
from integrations.processing import worker as processing_worker
from tests.api.conftest import Api, MakeDelivery
from tests.integrations.conftest import session

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = "/v1/deliveries"


@pytest.fixture(autouse=True)
def wakeups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.processing.replay.wake_worker", lambda: None)


def process() -> None:
    while processing_worker.process_batch():
        pass


def test_it_gives_the_body_as_text(api: Api, make_delivery: MakeDelivery) -> None:
    row = make_delivery(body='{"call": "Grüße 😀"}'.encode())
    told = api.get(f"{ROOT}/{row.uuid}").json()
    assert told["body"] == '{"call": "Grüße 😀"}'
    assert told["bodyEncoding"] == "text"
    assert told.keys() - api.get(ROOT).json()["data"][0].keys() == {
        "body",
        "bodyEncoding",
    }


def test_a_body_that_is_no_text_comes_in_base64(
    api: Api, make_delivery: MakeDelivery
) -> None:
    row = make_delivery(body=b"\xff\x00", outcome="rejected", status=400)
    told = api.get(f"{ROOT}/{row.uuid}").json()
    assert told["bodyEncoding"] == "base64"
    assert base64.b64decode(told["body"]) == b"\xff\x00"


def test_a_body_that_is_gone_is_null(api: Api, make_delivery: MakeDelivery) -> None:
    told = api.get(f"{ROOT}/{make_delivery().uuid}").json()
    assert told["body"] is None
    assert told["bodyEncoding"] is None


def test_what_has_not_changed_is_not_sent_again(
    api: Api, make_delivery: MakeDelivery
) -> None:
    path = f"{ROOT}/{make_delivery(body=b'{}').uuid}"
    tag = api.get(path)["ETag"]
    assert api.get(path, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("id", [str(uuid.UUID(int=7)), "1"])
def test_an_unknown_or_malformed_id_is_a_404(api: Api, id: str) -> None:
    assert api.get(f"{ROOT}/{id}").status_code == 404
    assert api.post(f"{ROOT}/{id}/replay").status_code == 404


def test_it_refuses_all_others(
    outsider: Api,
    reader: Api,
    poster: Api,
    stranger: Api,
    make_delivery: MakeDelivery,
) -> None:
    row = make_delivery(outcome="failed", body=json.dumps(session()).encode())
    path = f"{ROOT}/{row.uuid}"
    for who, reads, replays in (
        (outsider, 404, 404),
        (reader, 200, 403),
        (poster, 403, 403),
        (stranger, 401, 401),
    ):
        assert who.get(path).status_code == reads
        assert who.post(f"{path}/replay").status_code == replays
    row.refresh_from_db()
    assert row.outcome == "failed"


def test_it_asks_three_times(
    api: Api,
    make_delivery: MakeDelivery,
    full_key: tuple[ApiKey, str],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    path = f"{ROOT}/{make_delivery(key=full_key[0]).uuid}"
    api.get(path)
    with django_assert_num_queries(3):
        api.get(path)


def refused(make_delivery: MakeDelivery, body: Any, **fields: Any) -> Delivery:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return make_delivery(outcome="rejected", body=data, **fields)


def test_a_failed_one_is_tried_again(
    api: Api, make_delivery: MakeDelivery, full_key: tuple[ApiKey, str]
) -> None:
    row = make_delivery(
        outcome="failed",
        attempts=5,
        external_id="call-1",
        body=json.dumps(session()).encode(),
    )
    response = api.post(f"{ROOT}/{row.uuid}/replay")
    assert response.status_code == 202
    assert response.json()["id"] == str(row.uuid)
    assert response.json()["outcome"] == "accepted"
    entry = AuditEntry.objects.get()
    assert (entry.key, entry.by) == (full_key[0], None)
    process()
    told = api.get(f"{ROOT}/{row.uuid}").json()
    assert told["outcome"] == "processed"
    assert told["conversationId"] == str(Conversation.objects.get().id)


def test_a_processed_one_makes_its_conversation_again(
    api: Api, make_delivery: MakeDelivery
) -> None:
    row = make_delivery(
        outcome="accepted", external_id="call-1", body=json.dumps(session()).encode()
    )
    process()
    Conversation.objects.update(version="damaged")
    response = api.post(f"{ROOT}/{row.uuid}/replay")
    assert response.status_code == 202
    assert response.json()["outcome"] == "processed"
    assert Conversation.objects.get().version == ""


def test_a_refused_one_that_fits_now_becomes_a_new_one(
    api: Api, make_delivery: MakeDelivery
) -> None:
    row = refused(make_delivery, session())
    response = api.post(f"{ROOT}/{row.uuid}/replay")
    assert response.status_code == 202
    told = response.json()
    assert told["id"] != str(row.uuid)
    assert told["reason"] == f"Replay of {row.uuid}."
    assert Delivery.objects.count() == 2


def test_one_that_still_does_not_fit_is_a_422_and_no_new_row(
    api: Api, make_delivery: MakeDelivery
) -> None:
    row = refused(make_delivery, {"call": {}})
    response = api.post(f"{ROOT}/{row.uuid}/replay")
    assert response.status_code == 422
    paths = {each["path"] for each in response.json()["errors"]}
    assert paths == {"call.externalId", "agent"}
    assert Delivery.objects.count() == 1


def test_one_that_is_no_json_is_a_422_too(
    api: Api, make_delivery: MakeDelivery
) -> None:
    row = refused(make_delivery, b"{", status=400)
    response = api.post(f"{ROOT}/{row.uuid}/replay")
    assert response.status_code == 422
    assert "not JSON" in response.json()["detail"]


def test_one_whose_provider_was_refused_needs_its_name(
    api: Api, make_delivery: MakeDelivery
) -> None:
    row = refused(make_delivery, session(), provider="", status=400)
    path = f"{ROOT}/{row.uuid}/replay"
    response = api.post(path)
    assert response.status_code == 400
    assert response.json()["errors"][0]["path"] == "provider"
    assert "one of livekit, zelto" in response.json()["detail"]
    told = api.post(path, provider="livekit").json()
    assert told["provider"] == "livekit"


@pytest.mark.parametrize("provider", ["upload", "vapi", ""])
def test_an_unknown_provider_is_named(
    api: Api, make_delivery: MakeDelivery, provider: str
) -> None:
    row = refused(make_delivery, session())
    response = api.post(f"{ROOT}/{row.uuid}/replay", provider=provider)
    assert response.status_code == 400
    assert response.json()["errors"][0]["path"] == "provider"


@pytest.mark.parametrize(
    "fields",
    [
        {"outcome": "processed"},
        {"outcome": "rejected", "status": 401},
        {"outcome": "ignored", "body": b"{}"},
    ],
)
def test_without_a_body_there_is_nothing_to_replay(
    api: Api, make_delivery: MakeDelivery, fields: dict[str, Any]
) -> None:
    row = make_delivery(**fields)
    response = api.post(f"{ROOT}/{row.uuid}/replay")
    assert response.status_code == 409
    assert response.json()["detail"]
    assert not AuditEntry.objects.exists()
