"""Bodies that no SDK sends: each gets a clear answer, and what can be had of a session
is had.
"""

from __future__ import annotations

import gzip
import io
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations.models import Conversation
from integrations.models import Delivery
from tests.integrations.livekit_upload.bodies import (
    FORM,
    JSON,
    LOGS,
    PROTOBUF,
    SESSION,
    form,
    header,
    history,
    logs,
    part,
    record,
    said,
)
from tests.integrations.livekit_upload.recorded import post, requests_of

pytestmark = pytest.mark.django_db(transaction=True)

Process = Callable[[], None]
WORDS = ["Hello?", "Hi, this is Acme."]
ANSWERS = {200, 400, 401, 403, 404, 408, 411, 413, 415, 503}


@pytest.fixture
def process(process: Process) -> Process:
    def work() -> None:
        Delivery.objects.filter(next_try_at__gt=Now()).update(next_try_at=Now())
        process()

    return work


def words_of(call: Conversation) -> list[str]:
    return [
        turn["content"]
        for turn in call.transcript.turns or ()
        if turn["role"] in ("user", "assistant")
    ]


def session(token: str, *parts: tuple[str, bytes], **options: Any) -> Any:
    return post(f"/livekit/{token}{SESSION}", form(*parts), FORM | options)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_the_order_of_parts_makes_no_difference(
    token: str, process: Process, order: tuple[int, ...]
) -> None:
    parts = [("header", header()), ("chat_history", history(said(*WORDS)))]
    parts.append(("audio", b"OggS" * 1000))
    assert session(token, *(parts[number] for number in order)).status_code == 200
    process()
    assert words_of(Conversation.objects.get()) == WORDS


def test_of_a_part_that_comes_twice_the_first_counts(
    token: str, process: Process
) -> None:
    answer = session(
        token,
        ("header", header()),
        ("header", header(job="AJ_2")),
        ("chat_history", history(said(*WORDS))),
        ("chat_history", history(said("Other words"))),
    )
    assert answer.status_code == 200
    process()
    call = Conversation.objects.get()
    assert (call.external_id, words_of(call)) == ("AJ_1", WORDS)


SUMMARIES = {
    "nested deep": b'{"usage": ' + b"[" * 60 + b"]" * 60 + b"}",
    "nested deeper": b'{"usage": ' + b"[" * 900 + b"]" * 900 + b"}",
    "nested deepest": b'{"usage": ' + b"[" * 90_000 + b"]" * 90_000 + b"}",
    "many lists": b'{"usage": [' + b"[]," * 150_000 + b"[]]}",
    "not a number": b'{"timestamp": NaN, "duration_ms": -Infinity, "usage": 1e999}',
    "huge numbers": b'{"timestamp": ' + b"9" * 4000 + b', "duration_ms": 1e300}',
    "too huge": b'{"timestamp": ' + b"9" * 9000 + b"}",
    "lone surrogates": b'{"room": "\\ud800", "agent_name": "a\\udfff\\u0000"}',
    "other types": b'{"room": [1], "agent_name": {"a": 1}, "tags": 7, "usage": "x"}',
    "no JSON": b"{",
    "no object": b"[1]",
    "no UTF-8": b"\xff\xfe",
}


@pytest.mark.parametrize("summary", SUMMARIES.values(), ids=SUMMARIES.keys())
def test_a_summary_that_cannot_be_read_costs_no_transcript(
    token: str, process: Process, summary: bytes
) -> None:
    parts = [("header", header(summary=summary))]
    parts.append(("chat_history", history(said(*WORDS))))
    assert session(token, *parts).status_code == 200
    process()
    assert words_of(Conversation.objects.get()) == WORDS
    assert not Delivery.objects.exclude(outcome="processed").exists()


TIMES: dict[str, Any] = {
    "year 1": -62_135_596_800,
    "before it": -(10**15),
    "year 9999": 253_402_300_799,
    "after it": 10**15,
    "far": 1e300,
    "not a number": float("nan"),
    "infinity": float("inf"),
    "digits": 10**400,
    "text": "yesterday",
    "a list": [[1]],
    "true": True,
}


@pytest.mark.parametrize("time", TIMES.values(), ids=TIMES.keys())
def test_times_that_nobody_can_mean_cost_no_transcript(
    token: str, process: Process, time: Any
) -> None:
    items = said(*WORDS, created_at=time, metrics={"started_speaking_at": time})
    summary = {"timestamp": time, "duration_ms": time, "started_at": time}
    parts = [("header", header(summary=summary)), ("chat_history", history(items))]
    assert session(token, *parts).status_code == 200
    items = [one | {"role": one["role"].upper()} for one in items]
    body = logs(
        record(
            "session report",
            job="AJ_2",
            time=time if isinstance(time, int) else 1,
            attributes={"session.report_timestamp": time},
        ),
        *(
            record(job="AJ_2", attributes={"chat.item": {"message": one}})
            for one in items
        ),
    )
    assert post(f"/livekit/{token}{LOGS}", body, JSON).status_code in (200, 400)
    process()
    assert words_of(Conversation.objects.get(external_id="AJ_1")) == WORDS
    for call in Conversation.objects.all():
        assert words_of(call) == WORDS
        assert call.started_at is None or 1970 < call.started_at.year < 2200
    assert not Delivery.objects.exclude(outcome__in=["processed", "rejected"]).exists()


def test_halves_of_pairs_and_zeros_are_replaced(token: str, process: Process) -> None:
    words = ["a\0b", "c\ud800d"]
    items = said(*words)
    items[0] |= {"id": "i\0\udfff", "metrics": {"k\0\ud800": 1}}
    parts = [("header", header(job="AJ_\0", room="RM_\0"))]
    assert session(token, *parts, ("chat_history", history(items))).status_code == 200
    attributes = {"chat.item": {"message": items[0]}, "k\0\ud800": "\0"}
    body = logs(record(job="AJ_\0", room="RM_\0", attributes=attributes))
    assert post(f"/livekit/{token}{LOGS}", body, JSON).status_code == 200
    process()
    assert words_of(Conversation.objects.get()) == ["a\ufffdb", "c\ufffdd"]
    assert not Delivery.objects.exclude(outcome="processed").exists()


@pytest.mark.parametrize("levels", range(50, 66))
def test_what_is_taken_can_be_read_again(
    token: str, process: Process, levels: int
) -> None:
    """Each of the two is as deep as it may be; together they would be deeper."""
    items = said(*WORDS)
    items[0]["extra"] = json.loads("[" * levels + "]" * levels)
    answer = session(
        token, ("header", header()), ("chat_history", history(items))
    ).status_code
    assert answer in (200, 400)
    attributes = {"chat.item": {"message": items[1]}, "extra": items[0]["extra"]}
    body = logs(record(attributes=attributes))
    assert post(f"/livekit/{token}{LOGS}", body, JSON).status_code in (200, 400)
    process()
    assert not Delivery.objects.exclude(outcome__in=["processed", "rejected"]).exists()


@pytest.mark.parametrize("claimed", [0, 1, 2**31, 2**63, 10**40])
def test_a_length_that_lies_is_told_so(token: str, claimed: int) -> None:
    body = form(("header", header()), ("chat_history", history(said(*WORDS))))
    for path, sent, kind in ((SESSION, body, FORM), (LOGS, logs(record()), JSON)):
        environ: dict[str, Any] = {
            "wsgi.input": io.BytesIO(sent),
            "CONTENT_LENGTH": str(claimed),
        }
        answer = Client(raise_request_exception=False).generic(
            "POST",
            f"/livekit/{token}{path}",
            sent,
            content_type=kind["content-type"],
            **environ,
        )
        # Where all of it but the audio came, it may be stored.
        assert answer.status_code in ANSWERS
        assert answer.status_code != 200 or claimed == 0


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data; boundary=y",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "x" * 500,
        "multipart/form-data; boundary=\xff\x00",
        "multipart/form-data",
        "multipart/mixed; boundary=x",
        "application/octet-stream",
        "text/plain; boundary=x",
        "",
    ],
)
def test_a_boundary_that_lies_is_refused(token: str, kind: str) -> None:
    body = form(("header", header()), ("chat_history", history(said(*WORDS))))
    answer = post(f"/livekit/{token}{SESSION}", body, {"content-type": kind})
    assert answer.status_code in (400, 415)
    assert Delivery.objects.get().reason


def test_a_part_with_endless_headers_is_refused(token: str) -> None:
    body = b"--x\r\n" + b"X-Much: y\r\n" * 100_000 + b"\r\n\r\n--x--\r\n"
    assert post(f"/livekit/{token}{SESSION}", body, FORM).status_code == 400
    body = b"--x\r\nX-Long: " + b"y" * 1_000_000 + b"\r\n\r\n\r\n--x--\r\n"
    assert post(f"/livekit/{token}{SESSION}", body, FORM).status_code == 400


def test_thousands_of_parts_are_refused(token: str) -> None:
    body = form(*(("other", b"") for _ in range(10_000)))
    assert post(f"/livekit/{token}{SESSION}", body, FORM).status_code == 400


@pytest.mark.parametrize("path", [SESSION, LOGS])
def test_gzip_that_unpacks_to_gigabytes_is_refused(token: str, path: str) -> None:
    packed = gzip.compress(b"\0" * 50_000_000)
    for headers in (FORM, PROTOBUF, JSON):
        answer = post(
            f"/livekit/{token}{path}", packed, headers | {"content-encoding": "gzip"}
        )
        assert 400 <= answer.status_code < 500


def test_a_session_that_is_compressed_is_taken(token: str, process: Process) -> None:
    body = gzip.compress(
        form(("header", header()), ("chat_history", history(said(*WORDS))))
    )
    headers = FORM | {"content-encoding": "gzip"}
    assert post(f"/livekit/{token}{SESSION}", body, headers).status_code == 200
    process()
    assert words_of(Conversation.objects.get()) == WORDS


@pytest.mark.parametrize(
    "path",
    [
        "/livekit{recordings}",
        "/livekit/{recordings}",
        "/livekit/{token}/one/two{recordings}",
        "/livekit/{token}/" + "a" * 300 + "{recordings}",
        "/livekit/{token}/one/two{logs}",
    ],
)
def test_an_address_that_cannot_be_read_is_never_taken_for_success(
    token: str, path: str
) -> None:
    body = form(("header", header()), ("chat_history", history(said(*WORDS))))
    address = path.format(token=token, recordings=SESSION, logs=LOGS)
    answer = post(address, body, FORM)
    assert answer.status_code in (401, 404)
    assert "LiveKit page" in answer.json()["detail"]


def mutated(body: bytes, chance: random.Random) -> bytes:
    data = bytearray(body)
    for _ in range(chance.randrange(1, 12)):
        at = chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                del data[at : at + chance.randrange(1, 60)]
            case 2:
                data[at:at] = chance.randbytes(chance.randrange(1, 20))
            case _:
                data[at:at] = data[at : at + chance.randrange(1, 200)]
        if not data:
            return b"-"
    return bytes(data)


RECORDED = [
    *requests_of("py-1.8.9-text-handoff", "recordings", "logs"),
    *requests_of("node-1.9.0-text-handoff", "recordings", "logs"),
]


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(number=st.integers(0, len(RECORDED) - 1), seed=st.integers(0, 2**32))
def test_damaged_requests_are_answered_and_can_be_read(
    token: str, process: Process, number: int, seed: int
) -> None:
    request = RECORDED[number]
    chance = random.Random(seed)  # noqa: S311 - no secret
    body = request.body
    is_packed = request.headers.get("content-encoding") == "gzip"
    damaged = mutated(gzip.decompress(body) if is_packed else body, chance)
    body = gzip.compress(damaged, 1) if is_packed else damaged
    answer = post(f"/livekit/{token}{request.path}", body, request.headers)
    assert answer.status_code in ANSWERS - {503}
    process()
    taken = {"processed", "rejected", "ignored"}
    left = Delivery.objects.exclude(outcome__in=taken).values_list("outcome", "reason")
    assert not list(left)


def test_parts_cut_off_anywhere_are_answered(token: str, process: Process) -> None:
    whole = form(
        ("header", header()),
        ("chat_history", history(said(*WORDS))),
        ("audio", b"OggS" * 100),
    )
    after_history = whole.index(part("audio", b"OggS" * 100))
    for end in range(7, len(whole) - 4, 7):
        answer = post(f"/livekit/{token}{SESSION}", whole[:end], FORM)
        process()
        is_stored = Conversation.objects.exists()
        # It is not to be taken for success, whatever could be had of it.
        assert answer.status_code in (400, 503), end
        if end > after_history or is_stored:
            assert words_of(Conversation.objects.get()) == WORDS
        Conversation.objects.all().delete()
        Delivery.objects.all().delete()
