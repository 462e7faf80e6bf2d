"""`GET /v1/deliveries`"""

from __future__ import annotations

import base64
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import ApiKey, Organization
from integrations.deliveries import pages as deliveries
from tests.api.conftest import Api, MakeDelivery
from tests.conftest import MakeKey
from tests.conversations.conftest import NOON, MakeConversation

pytestmark = pytest.mark.django_db
PATH = "/v1/deliveries"


def references(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [each["referenceId"] for each in response.json()["data"]]


def test_it_lists_the_newest_first(api: Api, make_delivery: MakeDelivery) -> None:
    for number in range(3):
        make_delivery(external_id=f"call-{number}")
    assert references(api.get(PATH)) == ["call-2", "call-1", "call-0"]


def test_it_tells_all_of_a_delivery_but_its_body(
    api: Api,
    make_delivery: MakeDelivery,
    full_key: tuple[ApiKey, str],
    make_conversation: MakeConversation,
) -> None:
    conversation = make_conversation()
    row = make_delivery(
        key=full_key[0],
        received_at=NOON,
        agent_reference="front",
        external_id="call-1",
        conversation=conversation,
        warnings=[{"path": "call.cost", "detail": "must be a number"}],
        size=17,
        user_agent="worker/1",
        request_id="abc",
        body=b'{"call": "secret"}',
    )
    response = api.get(PATH)
    assert "secret" not in response.content.decode()
    assert response.json()["data"] == [
        {
            "id": str(row.uuid),
            "receivedAt": "2026-11-22T12:00:00Z",
            "keyId": str(full_key[0].id),
            "keyName": "livekit-prod-worker",
            "provider": "livekit",
            "agentReference": "front",
            "referenceId": "call-1",
            "conversationId": str(conversation.id),
            "status": 200,
            "outcome": "processed",
            "reason": None,
            "errors": [],
            "warnings": [{"path": "call.cost", "detail": "must be a number"}],
            "count": 1,
            "size": 17,
            "userAgent": "worker/1",
            "requestId": "abc",
        }
    ]


def test_what_could_not_be_read_is_null(api: Api, make_delivery: MakeDelivery) -> None:
    make_delivery(provider="", outcome="rejected", reason="Not JSON.", count=7)
    (told,) = api.get(PATH).json()["data"]
    for name in ("keyId", "keyName", "provider", "agentReference", "referenceId"):
        assert told[name] is None
    assert (told["reason"], told["count"]) == ("Not JSON.", 7)


@pytest.fixture
def log(
    make_delivery: MakeDelivery,
    full_key: tuple[ApiKey, str],
    organization: Organization,
    make_key: MakeKey,
) -> ApiKey:
    """a and b of one key, c to e of the other, which is given."""
    first, other = full_key[0], make_key(organization)[0]
    days = [NOON + timedelta(days=number) for number in range(5)]
    make_delivery(external_id="a", key=first, received_at=days[0])
    make_delivery(
        external_id="b", key=first, received_at=days[1], outcome="rejected", status=400
    )
    make_delivery(
        external_id="c", key=other, received_at=days[2], outcome="rejected", status=422
    )
    make_delivery(external_id="d", key=other, received_at=days[3], provider="zelto")
    make_delivery(external_id="e", key=other, received_at=days[4], outcome="failed")
    return other


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"outcome": "rejected"}, "cb"),
        ({"outcome": "failed"}, "e"),
        ({"outcome": "accepted"}, ""),
        ({"outcome": "processed"}, "da"),
        ({"status": "422"}, "c"),
        ({"status": "200"}, "eda"),
        ({"provider": "zelto"}, "d"),
        ({"provider": "upload"}, ""),
        ({"referenceId": "b"}, "b"),
        ({"referenceId": "B"}, ""),
        ({"from": "2026-11-24T12:00:00Z"}, "edc"),
        ({"from": "2026-11-24T12:00:00.000001Z"}, "ed"),
        ({"to": "2026-11-24T12:00:00Z"}, "ba"),
        ({"from": "2026-11-23", "to": "2026-11-25"}, "cb"),
        ({"from": "2026-11-25", "to": "2026-11-23"}, ""),
        ({"outcome": "rejected", "provider": "livekit", "status": "400"}, "b"),
    ],
)
def test_it_narrows(
    api: Api, log: ApiKey, filters: dict[str, str], expected: str
) -> None:
    assert references(api.get(PATH, **filters)) == list(expected)


def test_it_narrows_to_a_key(api: Api, log: ApiKey) -> None:
    assert references(api.get(PATH, keyId=str(log.id))) == ["e", "d", "c"]
    assert references(api.get(PATH, keyId=str(uuid.uuid4()))) == []


def test_a_date_begins_at_midnight_in_the_organizations_zone(
    api: Api, organization: Organization, make_delivery: MakeDelivery
) -> None:
    organization.time_zone = "Asia/Tokyo"
    organization.save()
    for hour in (14, 16):  # 23:00 and 01:00 in Tokyo
        moment = datetime(2026, 11, 22, hour, tzinfo=UTC)
        make_delivery(external_id=str(hour), received_at=moment)
    assert references(api.get(PATH, **{"from": "2026-11-23"})) == ["16"]
    assert references(api.get(PATH, to="2026-11-23")) == ["14"]


def test_a_plus_sign_that_nobody_escaped_is_read(
    api: Api, make_delivery: MakeDelivery
) -> None:
    make_delivery(external_id="a", received_at=NOON)
    for zone, found in (("+01:00", ["a"]), ("-01:00", [])):
        text = f"2026-11-22T12:30:00{zone}".replace("+", " ")
        assert references(api.get(PATH, **{"from": text})) == found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("outcome", "needs-a-look"),
        ("outcome", ""),
        ("status", "500"),
        ("status", "abc"),
        ("provider", "unknown"),
        ("keyId", "abc"),
        ("referenceId", ""),
        ("referenceId", "x" * 256),
        ("referenceId", "a\x00"),
        ("from", "yesterday"),
        ("from", "2026-02-30"),
        ("from", "1969-12-31"),
        ("to", "9999-12-31T23:59:59Z"),
        ("to", "0001-01-01T00:00:00+23:59"),
        ("cursor", "x"),
        ("cursor", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"),
        ("cursor", "LTE"),
        ("cursor", "MTIz"),
    ],
)
def test_a_strange_filter_is_named(api: Api, name: str, value: str) -> None:
    response = api.get(PATH, **{name: value})
    assert response.status_code == 400
    assert [each["path"] for each in response.json()["errors"]] == [name]


def test_rows_that_arrive_meanwhile_shift_nothing(
    api: Api, make_delivery: MakeDelivery
) -> None:
    old = [make_delivery(external_id=f"old-{number}") for number in range(20)]
    seen: list[str] = []
    parameters: dict[str, Any] = {"limit": 3}
    while parameters:
        body = api.get(PATH, **parameters).json()
        seen += [each["referenceId"] for each in body["data"]]
        make_delivery(external_id="new")
        following = body["nextCursor"]
        parameters = {"limit": 3, "cursor": following} if following else {}
    assert seen == [row.external_id for row in reversed(old)]


def test_a_page_may_be_empty_and_not_the_last(
    api: Api, make_delivery: MakeDelivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "FIRST_LOOK", 2)
    monkeypatch.setattr("api.deliveries.MAX_SEARCHED", 4)
    make_delivery(external_id="wanted", provider="zelto")
    for _ in range(12):
        make_delivery()
    found: list[str] = []
    body: dict[str, Any] = {"nextCursor": None}
    for asked in range(6):
        cursor = {"cursor": body["nextCursor"]} if asked else {}
        body = api.get(PATH, provider="zelto", **cursor).json()
        found += [each["referenceId"] for each in body["data"]]
        if body["nextCursor"] is None:
            break
    assert asked == 2
    assert found == ["wanted"]


def test_it_shows_nobody_elses(
    outsider: Api, make_delivery: MakeDelivery, full_key: tuple[ApiKey, str]
) -> None:
    make_delivery(key=full_key[0])
    assert outsider.get(PATH).json()["data"] == []
    assert outsider.get(PATH, keyId=str(full_key[0].id)).json()["data"] == []


def test_a_key_of_the_scope_read_may_read(
    reader: Api, make_delivery: MakeDelivery
) -> None:
    make_delivery()
    assert len(reader.get(PATH).json()["data"]) == 1


@pytest.mark.parametrize("rows", [1, 50])
def test_it_asks_as_little_for_many_as_for_one(
    api: Api,
    make_delivery: MakeDelivery,
    make_key: MakeKey,
    organization: Organization,
    django_assert_num_queries: DjangoAssertNumQueries,
    rows: int,
) -> None:
    for _ in range(rows):
        make_delivery(key=make_key(organization)[0])
    api.get(PATH)
    with django_assert_num_queries(3):
        assert len(api.get(PATH).json()["data"]) == rows


def walk(api: Api) -> list[str]:
    """The cursors of all pages but the last."""
    cursors: list[str] = []
    while len(cursors) < 9:
        asked = {"cursor": cursors[-1]} if cursors else {}
        following = api.get(PATH, limit=1, **asked).json()["nextCursor"]
        if following is None:
            return cursors
        cursors.append(following)
    raise AssertionError("It has no end.")


def test_a_cursor_tells_nothing_of_how_many_posts_there_were(
    api: Api, make_delivery: MakeDelivery
) -> None:
    """The sequence counts those of everybody on this instance."""
    sequences = [make_delivery().sequence for _ in range(4)]
    cursors = walk(api)
    assert len(cursors) == 3
    for sequence, cursor in zip(sequences[:0:-1], cursors, strict=True):
        plain = base64.urlsafe_b64decode(cursor + "==")
        assert str(sequence).encode() not in plain
        assert sequence.to_bytes(8) not in plain
        assert str(sequence) not in cursor
    # Nor do two that are neighbours look like it.
    assert len({cursor[-11:-4] for cursor in cursors}) == 3
    assert walk(api) == cursors


def test_a_cursor_is_of_no_use_to_another_organization_nor_changed(
    api: Api, outsider: Api, make_delivery: MakeDelivery
) -> None:
    for _ in range(2):
        make_delivery()
    cursor = walk(api)[0]
    assert outsider.get(PATH, cursor=cursor).status_code == 400
    for place in (0, 10, len(cursor) - 2):
        other = "A" if cursor[place] != "A" else "B"
        changed = cursor[:place] + other + cursor[place + 1 :]
        assert api.get(PATH, cursor=changed).status_code == 400
