"""`POST /webhooks/calls`: one row of the table for each answer of the contract."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client, override_settings
from django.utils import timezone

from accounts import keys
from accounts.models import Organization
from conversations.models import Agent
from integrations.ingest.minute_counter import MinuteCount
from integrations.models import Delivery, MinuteTally
from tests.conftest import MakeKey
from tests.integrations.conftest import PATH, Post, session

pytestmark = pytest.mark.django_db


def assert_problem(response: Any, status: int, says: str) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    answer: dict[str, Any] = response.json()
    assert answer["status"] == status
    assert says in answer["detail"]
    assert answer["requestId"] == response["X-Request-Id"]
    return answer


def test_it_stores_a_session_and_says_so(post: Post, wakeups: list[None]) -> None:
    response = post(session(), **{"X-Zelto-Provider": "livekit", "User-Agent": "w/1"})

    assert response.status_code == 200
    assert response.json() == {"received": True}
    delivery = Delivery.objects.get()
    assert delivery.outcome == "accepted"
    assert (delivery.status, delivery.provider) == (200, "livekit")
    assert (delivery.agent_reference, delivery.external_id) == ("front-desk", "call-1")
    assert json.loads(bytes(delivery.body or b"")) == session()
    assert delivery.size == len(bytes(delivery.body or b""))
    assert delivery.user_agent == "w/1"
    assert delivery.request_id == response["X-Request-Id"]
    assert len(wakeups) == 1


@pytest.mark.parametrize("path", [PATH, f"{PATH}/"])
def test_it_takes_the_path_with_and_without_a_slash(post: Post, path: str) -> None:
    assert post(session(), path=path).status_code == 200


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "application/vnd.x+json", ""]
)
def test_it_takes_every_kind_of_json_type(post: Post, content_type: str) -> None:
    assert post(session(), content_type=content_type).status_code == 200


@pytest.mark.parametrize(
    "label", ["utf-8", "UTF8", "application/json", "none", "aws-chunked", "identity"]
)
def test_a_content_encoding_that_is_no_compression_is_a_label(
    post: Post, label: str
) -> None:
    assert post(session(), **{"Content-Encoding": label}).status_code == 200


@pytest.mark.parametrize("name", ["x-gzip", "GZIP", "utf-8, gzip"])
def test_gzip_goes_by_other_names_too(post: Post, name: str) -> None:
    packed = gzip.compress(json.dumps(session()).encode())
    assert post(packed, **{"Content-Encoding": name}).status_code == 200


def test_it_takes_gzip_and_keeps_the_body_unpacked(post: Post) -> None:
    packed = gzip.compress(json.dumps(session()).encode())

    assert post(packed, **{"Content-Encoding": "gzip"}).status_code == 200
    assert json.loads(bytes(Delivery.objects.get().body or b"")) == session()


def test_it_answers_with_what_it_cut_or_dropped(post: Post) -> None:
    response = post(session(call={"endedReason": "x" * 300}, colour="red"))

    assert response.status_code == 200
    paths = {warning["path"] for warning in response.json()["warnings"]}
    assert paths == {"call.endedReason", "colour"}
    assert {w["path"] for w in Delivery.objects.get().warnings} == paths


def test_it_takes_a_body_of_exactly_the_limit_and_not_one_byte_more(
    post: Post,
) -> None:
    body = json.dumps(session()).encode()
    with override_settings(MAX_BODY_BYTES=len(body)):
        assert post(body).status_code == 200
        answer = assert_problem(post(body + b" "), 413, f"{len(body):,} bytes")
    assert "errors" not in answer


def test_it_counts_the_size_after_unpacking(post: Post) -> None:
    bomb = gzip.compress(b" " * 1_000_000)
    with override_settings(MAX_BODY_BYTES=10_000):
        assert_problem(post(bomb, **{"Content-Encoding": "gzip"}), 413, "10,000 bytes")


DEEP = b'{"call":' + b"[" * 64 + b"]" * 64 + b"}"


@pytest.mark.parametrize(
    ("body", "headers", "status", "says"),
    [
        (b"{", {}, 400, "JSON"),
        (b"[]", {}, 400, "object"),
        (b'"text"', {}, 400, "object"),
        (b"", {"Content-Length": "0"}, 400, "empty"),
        (b"\xff\xfe", {}, 400, "UTF-8"),
        (DEEP, {}, 400, "64"),
        (b"no gzip", {"Content-Encoding": "gzip"}, 400, "gzip"),
        (b"{}", {"X-Zelto-Provider": "vapi"}, 400, "X-Zelto-Provider"),
        (b"{}", {"content_type": "text/plain"}, 415, "application/json"),
        (b"{}", {"Content-Encoding": "br"}, 415, "gzip"),
        (b"{}", {}, 422, "call"),
    ],
)
def test_it_refuses_what_it_cannot_read(
    post: Post, body: bytes, headers: dict[str, str], status: int, says: str
) -> None:
    assert_problem(post(body, **headers), status, says)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.outcome) == (status, "rejected")
    assert says in delivery.reason


@pytest.mark.parametrize("provider", ["zelto", "vapi"])
def test_it_refuses_what_is_cheap_to_send_and_dear_to_read(
    post: Post, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    """Five megabytes of nested JSON are 5 KB of gzip, and seconds of a processor."""
    monkeypatch.setattr("integrations.request_body._DECODER", None)
    nested = b'{"metadata": {"a": [' + b"[[]]," * 1_000_000 + b"[]]}}"
    headers = {"Content-Encoding": "gzip", "X-Zelto-Provider": provider}
    response = post(gzip.compress(nested), **headers)
    if provider == "zelto":
        assert_problem(response, 413, "100,000 objects and lists")
        assert Delivery.objects.get().body is None
    else:
        assert_problem(response, 400, "X-Zelto-Provider")


def test_a_body_for_an_unknown_provider_is_kept_to_be_replayed(post: Post) -> None:
    packed = gzip.compress(json.dumps(session()).encode())
    headers = {"X-Zelto-Provider": "vapi", "Content-Encoding": "gzip"}

    assert_problem(post(packed, **headers), 400, "X-Zelto-Provider")
    delivery = Delivery.objects.get()
    assert json.loads(bytes(delivery.body or b"")) == session()
    assert (delivery.provider, delivery.external_id) == ("", "call-1")


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"call": None}, "call"),
        ({"call": []}, "call"),
        ({"call": {"externalId": None}}, "call.externalId"),
        ({"call": {"externalId": ""}}, "call.externalId"),
        ({"call": {"externalId": "x" * 256}}, "call.externalId"),
        ({"call": {"externalId": "a\u0000b"}}, "call.externalId"),
        ({"agent": None}, "agent"),
        ({"agent": {}}, "agent"),
        ({"agentId": "not-a-uuid"}, "agentId"),
        ({"transcript": []}, "transcript"),
        ({"transcript": {"turns": {}}}, "transcript.turns"),
        ({"transcript": {"turns": ["hello"]}}, "transcript.turns[0]"),
        ({"transcript": {"turns": [{"role": "agent"}]}}, "transcript.turns[0].role"),
    ],
)
def test_it_names_the_hard_field_that_does_not_fit(
    post: Post, fields: dict[str, Any], path: str
) -> None:
    answer = assert_problem(post(session() | fields), 422, path)

    assert path in [error["path"] for error in answer["errors"]]
    assert Delivery.objects.get().errors == answer["errors"]


def test_it_lists_every_fault_and_at_most_a_hundred(post: Post) -> None:
    turns = [{"role": "robot"}] * 150
    answer = assert_problem(post(session(transcript={"turns": turns})), 422, "150")

    assert len(answer["errors"]) == 100


def test_it_refuses_another_organizations_agent(
    post: Post, other_organization: Organization
) -> None:
    foreign = Agent.objects.create(
        organization=other_organization, provider="zelto", external_id="theirs"
    )
    answer = assert_problem(post(session(agentId=str(foreign.id))), 422, "agentId")

    assert [error["path"] for error in answer["errors"]] == ["agentId"]
    assert Delivery.objects.get().outcome == "rejected"


def test_it_takes_an_agent_of_the_organization_by_id(
    post: Post, organization: Organization
) -> None:
    own = Agent.objects.create(
        organization=organization, provider="zelto", external_id="ours"
    )
    assert post(session(agentId=str(own.id), agent=None)).status_code == 200


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (None, "There is no API key"),
        ("Basic Zm9vOmJhcg==", "must read: Bearer"),
        ("Bearer zelto_short", "mistyped"),
        pytest.param(
            f"Bearer {keys.generate_key()}", "No organization here", id="unknown"
        ),
    ],
)
def test_it_refuses_a_stranger_and_counts_him(
    post: Post, header: str | None, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.ingest.unknown_keys.WRITE_EVERY_SECONDS", 0)
    headers = {"Authorization": header} if header else {}

    response = post(b"not even JSON", key=None, **headers)

    assert_problem(response, 401, says)
    assert response["WWW-Authenticate"] == "Bearer"
    assert not Delivery.objects.exists()
    assert MinuteTally.objects.get(scope="stranger").count >= 1


def test_a_malformed_key_costs_no_query(
    post: Post,
    django_assert_num_queries: Any,
    monkeypatch: pytest.MonkeyPatch,
    db: None,
) -> None:
    monkeypatch.setattr(
        "integrations.ingest.unknown_keys.count_unknown_key", lambda: None
    )
    with django_assert_num_queries(0):
        assert post({}, key="zelto_nonsense").status_code == 401


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"revoked_at": timezone.now() - timedelta(days=1)}, "was revoked"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "has expired"),
    ],
)
def test_it_refuses_a_key_that_was_good_and_logs_it(
    post: Post,
    organization: Organization,
    make_key: MakeKey,
    fields: dict[str, Any],
    says: str,
) -> None:
    row, text = make_key(organization, **fields)

    assert_problem(post(session(), key=text), 401, says)
    delivery = Delivery.objects.get()
    assert (delivery.key_id, delivery.status) == (row.id, 401)
    assert says in delivery.reason
    assert delivery.body is None


def test_it_refuses_a_key_that_may_only_read(
    post: Post, organization: Organization, make_key: MakeKey
) -> None:
    _, text = make_key(organization, scope="read")

    assert_problem(post(b"{", key=text), 403, "may only read")
    assert Delivery.objects.get().status == 403


def test_it_takes_a_key_that_may_only_ingest(
    post: Post, organization: Organization, make_key: MakeKey
) -> None:
    _, text = make_key(organization, scope="ingest")
    assert post(session(), key=text).status_code == 200


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options"])
def test_it_takes_posts_only(method: str) -> None:
    response = getattr(Client(), method)(PATH)

    assert_problem(response, 405, "Send a POST")
    assert response["Allow"] == "POST"


def test_it_wants_to_know_where_the_body_ends(key: str) -> None:
    response = Client().post(
        PATH,
        b"{}",
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
        CONTENT_LENGTH="",
    )
    assert_problem(response, 411, "Content-Length")


def test_it_asks_for_patience_over_the_rate(post: Post) -> None:
    with override_settings(RATE_PER_MINUTE=2):
        answers = [post(session()) for _ in range(3)]

    # A new minute may begin in between; then nothing is over the rate.
    if MinuteTally.objects.filter(scope__startswith="posted").count() == 1:
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert_problem(answers[2], 429, "2 posts a minute")
        assert 0 < int(answers[2]["Retry-After"]) <= 60
        left = [answer["RateLimit"].partition(";t=")[0] for answer in answers]
        assert left == ['"posts";r=1', '"posts";r=0', '"posts";r=0']
        assert answers[2]["RateLimit"].endswith(f";t={answers[2]['Retry-After']}")
    assert {answer["RateLimit-Policy"] for answer in answers} == {'"posts";q=2;w=60'}


def test_a_post_that_does_not_fit_says_what_is_left_too(post: Post) -> None:
    with override_settings(RATE_PER_MINUTE=9):
        response = post({"call": {}})
    assert_problem(response, 422, "call.externalId")
    assert response["RateLimit"].startswith('"posts";r=8;t=')


def test_it_speaks_of_no_rate_where_there_is_none(post: Post) -> None:
    assert "RateLimit" not in post(session())


def test_it_asks_to_come_back_when_it_cannot_store(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise DatabaseError("away")

    monkeypatch.setattr("integrations.delivery_log.append.store", fail)
    response = post(session())

    assert_problem(response, 503, "Send it again")
    assert int(response["Retry-After"]) > 0


def test_unknown_paths_below_webhooks_answer_problems() -> None:
    assert_problem(Client().get("/webhooks/other"), 404, "nothing at this address")


def test_a_wrong_host_answers_a_problem(post: Post) -> None:
    response = post(session(), Host="evil.example")
    assert_problem(response, 400, "ALLOWED_HOSTS")


@pytest.mark.parametrize("body", [session(), {}], ids=["good", "bad"])
def test_a_first_post_with_a_key_makes_two_queries(
    post: Post, django_assert_num_queries: Any, body: dict[str, Any]
) -> None:
    with django_assert_num_queries(2):
        post(body)


def test_it_never_takes_the_request_id_from_outside(post: Post) -> None:
    response = post(session(), **{"X-Request-Id": "mine"})
    assert response["X-Request-Id"] != "mine"


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_died_meanwhile_is_replaced(post: Post) -> None:
    """As after a restart of the database: a half-dead connection refuses nobody."""
    assert post(session()).status_code == 200
    connection.connection.close()

    assert post(session("call-2")).status_code == 200
    assert Delivery.objects.count() == 2


def test_the_door_answers_as_the_route_does(post: Post, settings: Any) -> None:
    by_door = post(session())
    door = "integrations.ingest.middleware.WebhookMiddleware"
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != door]
    by_route = post(session())

    assert by_door.json() == by_route.json()
    for header in ("Content-Type", "X-Content-Type-Options"):
        assert by_door[header] == by_route[header]
    assert by_door["X-Request-Id"]


def test_refusals_of_many_wordings_are_one_row_a_minute(post: Post) -> None:
    for number in range(150):
        post(b"{}", content_type=f"text/kind-{number}")
        post(b"{}", **{"Content-Encoding": f"br, kind-{number}"})

    rows = Delivery.objects.filter(status=415)
    assert sum(row.count for row in rows) == 300
    assert len(rows) <= 2  # a new minute may begin in between


def test_an_organization_over_its_rate_makes_one_row_a_minute(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answer says how many seconds are left."""
    seconds = iter(range(60, 0, -1))
    monkeypatch.setattr(
        "integrations.ingest.minute_counter.add",
        lambda scope, count=1: MinuteCount(9, next(seconds)),
    )
    with override_settings(RATE_PER_MINUTE=2):
        for _ in range(30):
            assert post(session()).status_code == 429
    assert Delivery.objects.filter(status=429).count() <= 2
