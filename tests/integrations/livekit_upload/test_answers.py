"""Who may post to an upload URL, what is answered, and what hostile bodies do."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from accounts.models import ApiKey, Organization
from conversations.models import Conversation, UnusedFile
from integrations.livekit_upload import answers, counted_posts
from integrations.livekit_upload.addresses import is_upload
from integrations.models import Delivery
from integrations.providers.livekit import wire
from tests.conftest import MakeKey
from tests.integrations.livekit_upload.recorded import post, requests_of, upload

pytestmark = pytest.mark.django_db(transaction=True)

CASE = "py-1.8.9-text-handoff"
PROTOBUF = {"content-type": "application/x-protobuf"}
LOGS = "/observability/logs/otlp/v0"
SESSION = "/observability/recordings/v0"


def session_request() -> Any:
    return requests_of(CASE, "recordings")[0]


@pytest.mark.parametrize("between", ["", "/", "//"])
def test_slashes_make_no_difference(token: str, between: str) -> None:
    request = session_request()
    path = f"/livekit{between}/{token}{between}{request.path}"
    assert is_upload(f"{between}{path}")
    assert post(path, request.body, request.headers).status_code == 200
    assert Delivery.objects.get().external_id.startswith("AJ_")


def test_nothing_of_the_token_of_livekit_is_kept(token: str) -> None:
    request = session_request()
    assert upload(token, request).status_code == 200
    jwt = request.headers["authorization"].removeprefix("Bearer ")
    body = bytes(Delivery.objects.get().body or b"")
    assert b"APIprobe" in body
    assert jwt.split(".")[2].encode() not in body
    assert token.encode() not in body


@pytest.mark.parametrize("body", [b"", b"\x0a\x00"])
def test_what_is_not_known_is_taken_and_kept_nowhere(token: str, body: bytes) -> None:
    answer = post(f"/livekit/{token}/observability/new/v1", body, PROTOBUF)
    assert (answer.status_code, answer.content) == (200, b"")
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("body", [b"", b"\x0a\x00"])
def test_metrics_are_counted_and_nothing_of_them_is_kept(
    token: str, body: bytes
) -> None:
    for _ in range(3):
        answer = post(f"/livekit/{token}/observability/metrics/otlp/v0", body, PROTOBUF)
        assert (answer.status_code, answer.content) == (200, b"")
    counted_posts.write()
    (row,) = Delivery.objects.all()
    assert (row.outcome, row.count, row.body) == ("ignored", 3, None)


def test_an_empty_post_of_logs_is_taken(token: str) -> None:
    assert post(f"/livekit/{token}{LOGS}", b"", PROTOBUF).status_code == 200


@pytest.mark.parametrize("scope", [ApiKey.Scope.FULL, ApiKey.Scope.READ])
def test_a_key_that_may_read_is_refused_in_an_address(
    organization: Organization, make_key: MakeKey, scope: ApiKey.Scope
) -> None:
    text = make_key(organization, scope=scope)[1]
    answer = upload(text, session_request())
    assert answer.status_code == 403
    assert "ingest" in answer.json()["detail"]
    assert Delivery.objects.get().status == 403
    assert not Conversation.objects.exists()


def test_a_revoked_url_is_seen_in_the_log(
    organization: Organization, make_key: MakeKey
) -> None:
    key, text = make_key(organization, scope=ApiKey.Scope.INGEST)
    assert upload(text, session_request()).status_code == 200
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=key.created_at)
    answer = upload(text, session_request())
    assert answer.status_code == 401
    # These words would have the SDK drop all that follows as if it had arrived.
    assert "data recording" not in answer.content.decode()
    assert "disabled" not in answer.content.decode()
    assert Delivery.objects.filter(status=401).exists()


@pytest.mark.parametrize("token_text", ["nobody", "zelto_" + "a" * 49])
def test_an_unknown_token_is_refused_and_kept_nowhere(
    organization: Organization, token_text: str
) -> None:
    assert upload(token_text, session_request()).status_code == 401
    assert not Delivery.objects.exists()


def test_another_organizations_job_is_another_call(
    token: str, other_organization: Organization, make_key: MakeKey, process: Any
) -> None:
    other = make_key(other_organization, scope=ApiKey.Scope.INGEST)[1]
    for one in (token, other):
        assert upload(one, session_request()).status_code == 200
    process()
    calls = Conversation.objects.all()
    assert len({call.organization_id for call in calls}) == len(calls) == 2


def test_it_answers_what_makes_the_sdk_try_again_where_nothing_can_be_stored(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise DatabaseError("away")

    monkeypatch.setattr("integrations.delivery_log.append.store", away)
    answer = upload(token, session_request())
    assert answer.status_code == 503
    status = {number: value for number, _, value in read(answer.content)}
    assert status[1] == 14
    assert isinstance(status[3], bytes)
    detail = {number: value for number, _, value in read(status[3])}
    assert detail[1] == b"type.googleapis.com/google.rpc.RetryInfo"
    assert detail[2] == bytes([0x0A, 2, 8, answers.RETRY_SECONDS])


def read(data: bytes) -> list[tuple[int, int, int | bytes]]:
    return list(wire.fields(data, wire.Budget(100)))


def multipart(**parts: bytes) -> tuple[bytes, dict[str, str]]:
    body = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="%s"; filename="f"\r\n\r\n%s\r\n'
        % (name.encode(), content)
        for name, content in parts.items()
    )
    return body + b"--x--\r\n", {"content-type": "multipart/form-data; boundary=x"}


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ({"chat_history": b'{"items": []}'}, 400),
        ({"header": b"no protobuf"}, 400),
        ({"header": b"\x42\xff\xff\xff\xff\x0f"}, 400),
        ({"header": b"\x20\x01"}, 400),
        ({"header": b"\x42\x04AJ_1" * 200_000}, 413),
        ({"header": b"\x42\x04AJ_1", "chat_history": b"{no json"}, 400),
        ({"header": b"\x42\x04AJ_1", "chat_history": b"[" * 100 + b"]" * 100}, 400),
        ({"audio": b"OggS"}, 400),
        ({}, 400),
    ],
)
def test_what_is_no_session_is_refused_and_seen(
    token: str, parts: dict[str, bytes], status: int
) -> None:
    body, headers = multipart(**parts)
    answer = post(f"/livekit/{token}{SESSION}", body, headers)
    assert answer.status_code == status
    assert Delivery.objects.get().status == status
    assert Delivery.objects.get().reason
    assert not UnusedFile.objects.exists()


def test_parts_may_come_in_any_order(token: str, process: Any) -> None:
    history = b'{"items": [{"type": "message", "role": "user", "content": ["Hello?"]}]}'
    body, headers = multipart(chat_history=history, header=b"\x42\x04AJ_1")
    assert post(f"/livekit/{token}/desk{SESSION}", body, headers).status_code == 200


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"no protobuf", PROTOBUF, 400),
        (b"\x0a\xff\xff\xff\x7f", PROTOBUF, 400),
        (b"\x0a\x00" * 120_000, PROTOBUF, 400),
        (
            gzip.compress(b"\0" * 6_000_000),
            PROTOBUF | {"content-encoding": "gzip"},
            413,
        ),
        (b"not gzip", PROTOBUF | {"content-encoding": "gzip"}, 400),
        (b"{", {"content-type": "application/json"}, 400),
        (b"[" * 500 + b"]" * 500, {"content-type": "application/json"}, 400),
    ],
)
def test_logs_that_cannot_be_read_are_refused_and_seen(
    token: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = post(f"/livekit/{token}{LOGS}", body, headers)
    assert answer.status_code == status
    assert Delivery.objects.get().status == status


def log_of(*records: dict[str, Any], scope: str = "chat_history") -> bytes:
    logs = [{"scope": {"name": scope}, "logRecords": list(records)}]
    return json.dumps({"resourceLogs": [{"scopeLogs": logs}]}).encode()


def record(job: str, body: str = "chat item", severity: int = 9) -> dict[str, Any]:
    return {
        "timeUnixNano": "1795906418820539648",
        "severityNumber": severity,
        "body": {"stringValue": body},
        "attributes": [{"key": "job_id", "value": {"stringValue": job}}],
    }


JSON = {"content-type": "application/json"}


def test_records_of_ten_thousand_jobs_are_refused_with_why(token: str) -> None:
    body = log_of(*(record(f"AJ_{number}") for number in range(10_000)))
    answer = post(f"/livekit/{token}{LOGS}", body, JSON)
    assert answer.status_code == 413
    assert "jobs" in Delivery.objects.get().reason


def test_one_request_may_hold_several_jobs(token: str) -> None:
    body = log_of(*(record(f"AJ_{number % 3}") for number in range(9)))
    answer = post(f"/livekit/{token}{LOGS}", body, JSON)
    assert (answer.status_code, answer.content) == (200, b"{}")
    assert sorted(Delivery.objects.values_list("external_id", flat=True)) == [
        "AJ_0",
        "AJ_1",
        "AJ_2",
    ]


def test_lines_of_a_log_are_counted_in_one_row(token: str) -> None:
    for number in range(20):
        body = log_of(record("AJ_1", f"line {number}"), scope="my.app")
        assert post(f"/livekit/{token}{LOGS}", body, JSON).status_code == 200
    counted_posts.write()
    rows = list(Delivery.objects.all())
    assert sum(row.count for row in rows) == 20
    assert len(rows) <= 2
    assert all(row.outcome == Delivery.Outcome.IGNORED for row in rows)


def test_an_error_without_a_session_is_a_delivery_that_says_so(token: str) -> None:
    failed = record("AJ_1", f"boom at https://x/livekit/{token}/y", severity=17)
    body = log_of(failed, scope="my.app")
    assert post(f"/livekit/{token}/desk{LOGS}", body, JSON).status_code == 200
    row = Delivery.objects.get()
    assert row.outcome == Delivery.Outcome.IGNORED
    assert "boom" in row.reason
    assert row.agent_reference == "desk"
    assert token not in row.reason
    assert token.encode() not in bytes(row.body or b"")


@pytest.mark.parametrize("method", ["get", "put", "delete", "head"])
def test_other_methods_are_told_so(token: str, method: str) -> None:
    answer = getattr(Client(), method)(f"/livekit/{token}{SESSION}")
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"


def test_the_key_never_stands_in_the_log(
    token: str, caplog: pytest.LogCaptureFixture
) -> None:
    from web.logs.redaction import hide

    for line in (
        f"POST /livekit/{token}/observability",
        f"https://x//livekit//{token}",
    ):
        assert token not in hide(line)


def test_a_webhook_post_cannot_name_a_file_of_the_storage(
    post: Any, process: Any
) -> None:
    """The shape in which uploads are stored means nothing in a post."""
    forged = {
        "livekitUpload": "recording",
        "callId": "call-1",
        "header": {},
        "audio": {"file": "somebody/else.ogg", "bytes": 1},
        "call": {"externalId": "call-1"},
        "agent": {"externalId": "desk"},
    }
    assert post(forged, **{"X-Zelto-Provider": "livekit"}).status_code == 200
    process()
    call = Conversation.objects.get()
    assert not hasattr(call, "recording")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM conversations_recording")
        assert cursor.fetchone() == (0,)


def test_sessions_count_as_posts_and_come_again_where_there_are_too_many(
    token: str, settings: Any
) -> None:
    settings.RATE_PER_MINUTE = 1
    answers_of = [upload(token, session_request()).status_code for _ in range(3)]
    assert 503 in answers_of
    logs = requests_of(CASE, "logs")[0]
    assert upload(token, logs).status_code == 200


def test_the_audio_of_a_session_that_is_refused_goes(token: str, settings: Any) -> None:
    # More than its chat history, less than that and its header.
    settings.MAX_BODY_BYTES = 4500
    voice = requests_of("py-1.8.9-voice", "recordings")[0]
    answer = upload(token, voice)
    assert answer.status_code == 413
    assert "one session" in answer.json()["detail"]
    assert not UnusedFile.objects.exists()
