"""What is read another way, cut or dropped, since a session cannot be held again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from integrations.providers import read
from tests.integrations.bodies import body, call, paths, taken, warned

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def customer(**fields):
    return call(customer=fields)


def agent(**fields):
    return body(agent={"externalId": "a-1", **fields})


TEXTS = [
    (lambda v: call(endedReason=v), "ended_reason", "call.endedReason", 255),
    (lambda v: customer(number=v), "customer_number", "call.customer.number", 64),
    (lambda v: customer(name=v), "customer_name", "call.customer.name", 255),
    (lambda v: body(version=v), "version", "version", 255),
    (lambda v: body(systemPrompt=v), "system_prompt", "systemPrompt", 100_000),
    (lambda v: agent(name=v), "agent.name", "agent.name", 255),
]


def field(update, name):
    return update.agent.name if name == "agent.name" else getattr(update, name)


@pytest.mark.parametrize(("make", "name", "path", "limit"), TEXTS)
def test_text_is_kept_up_to_its_limit_and_cut_beyond(make, name, path, limit):
    assert field(taken(make("é" * limit)), name) == "é" * limit
    update, (warned_path, detail) = warned(make("é" * limit + "!"))
    assert field(update, name) == "é" * limit
    assert warned_path == path
    assert f"at most {limit:,} characters long; the rest was cut" in detail


@pytest.mark.parametrize(("make", "name", "path", "limit"), TEXTS)
def test_text_may_be_absent_empty_or_a_number(make, name, path, limit):
    assert field(taken(make(None)), name) is None
    assert field(taken(make("")), name) is None
    assert field(taken(make(12)), name) == "12"
    assert field(taken(make(1.5)), name) == "1.5"


@pytest.mark.parametrize(("make", "name", "path", "limit"), TEXTS)
@pytest.mark.parametrize("value", [True, {}, [{"type": "image"}]])
def test_what_is_no_text_is_dropped(make, name, path, limit, value):
    update, (warned_path, detail) = warned(make(value))
    assert field(update, name) is None
    assert warned_path == path
    assert detail.startswith("must be text; got ")
    assert detail.endswith("; it was dropped")


@pytest.mark.parametrize("value", ["x", 3, [], True])
def test_a_customer_that_is_no_object_is_dropped(value):
    update, (path, _) = warned(call(customer=value))
    assert path == "call.customer"
    assert update.customer_name is None


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-11-22T12:00:00Z", NOON),
        ("2026-11-22T12:00:00z", NOON),
        ("2026-11-22T12:00:00", NOON),
        ("2026-11-22 12:00", NOON),
        ("20261122T120000Z", NOON),
        ("2026-11-22T14:00:00+02:00", NOON),
        ("2026-11-22T12:00:00.250000000Z", NOON.replace(microsecond=250_000)),
        ("2026-11-22", NOON.replace(hour=0)),
        ("20261122", NOON.replace(hour=0)),
        (NOON.timestamp(), NOON),
        (int(NOON.timestamp()), NOON),
        (NOON.timestamp() + 0.25, NOON.replace(microsecond=250_000)),
        (NOON.timestamp() * 1000, NOON),
        (int(NOON.timestamp() * 1000) + 250, NOON.replace(microsecond=250_000)),
        (str(int(NOON.timestamp())), NOON),
        (str(NOON.timestamp() * 1000), NOON),
        ("1612011531234", datetime(2021, 1, 30, 12, 58, 51, 234_000, tzinfo=UTC)),
        (int(NOON.timestamp()) * 10**6 + 250_000, NOON.replace(microsecond=250_000)),
        (NOON.timestamp() * 1e6, NOON),
        (str(int(NOON.timestamp()) * 10**6), NOON),
        (
            int(NOON.timestamp()) * 10**9 + 250_000_000,
            NOON.replace(microsecond=250_000),
        ),
        (NOON.timestamp() * 1e9, NOON),
        (str(int(NOON.timestamp()) * 10**9), NOON),
        (1e18, datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2100-12-31T23:59:59Z", datetime(2100, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (4_133_980_799, datetime(2100, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_it_reads_times(value, moment):
    assert taken(call(startedAt=value)).started_at == moment
    assert taken(call(endedAt=value)).ended_at == moment


@pytest.mark.parametrize(
    "value",
    [
        *("1969-12-31T23:59:59Z", "2101-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"),
        *(-1, 4_133_980_800, 1e11, 4_133_980_800_000, 1e14, 4_133_980_800_000_000),
        *(1e17, 4_133_980_800_000_000_000, 1e20, 1e300, -1e300, "1e300", 10**400),
        *("yesterday", "2026-13-01", "12:00", True, [], {}, " "),
    ],
)
def test_a_time_that_cannot_be_is_dropped(value):
    update, (path, detail) = warned(call(startedAt=value))
    assert update.started_at is None
    assert path == "call.startedAt"
    assert "got" in detail
    assert "dropped" in detail


@pytest.mark.parametrize(
    "name", ["startedAt", "endedAt", "durationSeconds", "cost", "recordingUrl"]
)
def test_an_empty_text_is_absent_without_a_word(name):
    assert taken(call(**{name: ""})) == taken(call())


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(0, 0), (5.812, 5.812), ("12.5", 12.5), (31_536_000, 31536000)],
)
def test_it_reads_durations(value, seconds):
    assert taken(call(durationSeconds=value)).duration_seconds == seconds


@pytest.mark.parametrize(
    "value", [-1, "-0.5", 31_536_001, 1e300, "1e999", True, "long", [], 10**300]
)
def test_a_duration_that_cannot_be_is_dropped(value):
    update, (path, detail) = warned(call(durationSeconds=value))
    assert update.duration_seconds is None
    assert path == "call.durationSeconds"
    assert detail.endswith("it was dropped")


@pytest.mark.parametrize(
    ("value", "dollars"),
    [
        (0, "0"),
        (0.0425, "0.0425"),
        ("0.0425", "0.0425"),
        (" 1.5 ", "1.5"),
        (0.1, "0.1"),
        ("0.0000005", "0"),
        ("0.0000015", "0.000002"),
        ("0.0000025", "0.000002"),
        (1e-400, "0"),
        ("1e-400", "0"),
        ("1E3", "1000"),
        (-0.0, "0"),
        (999_999_999_999, "999999999999"),
    ],
)
def test_a_cost_is_rounded_half_even_to_six_decimals(value, dollars):
    cost = taken(call(cost=value)).cost
    assert cost == Decimal(dollars)
    assert (
        str(cost)
        == f"{Decimal(dollars):f}".partition(".")[0]
        + "."
        + (f"{Decimal(dollars):.6f}".partition(".")[2])
    )


@pytest.mark.parametrize(
    "value",
    [
        *(-0.01, "-1", 1e12, "1e12", "1e999999999", "9" * 5000, True),
        *("$1", "1,5", "NaN", "Infinity", "1_000", "\uff11", [], {}),
    ],
)
def test_a_cost_that_cannot_be_is_dropped(value):
    update, (path, detail) = warned(call(cost=value))
    assert update.cost is None
    assert path == "call.cost"
    assert detail.endswith("it was dropped")


LONGEST_URL = "https://h/" + "x" * (4096 - len("https://h/"))


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.ogg?sig=1#x",
        "HTTP://EXAMPLE.com:8080",
        "http://[::1]/a",
        "https://user:secret@example.com/a b",
        LONGEST_URL,
    ],
)
def test_it_takes_web_addresses(url):
    assert taken(call(recordingUrl=url)).recording_url == url


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://h/a", "file:///etc/passwd", "//h/a", "h/a", "https://", "https:///a"),
        *("http://[::1", "http://h:99999/", "http://h:x/", "javascript:alert(1)"),
        *("https://h/\n", "https://h/a\tb", "https://h/\x85"),
        *(5, True, [], {}, f"{LONGEST_URL}x"),
    ],
)
def test_another_address_is_dropped_and_never_cut(url):
    update, (path, detail) = warned(call(recordingUrl=url))
    assert update.recording_url is None
    assert path == "call.recordingUrl"
    assert detail.endswith("it was dropped")
    assert len(detail) < 200


def test_metadata_is_kept_as_sent():
    metadata = {"a": None, "b": {"c": None}, "d": [1, "é", 1e300], "": ""}
    assert taken(body(metadata=metadata)).metadata == metadata


def test_metadata_is_measured_as_compact_json_in_utf_8():
    largest = {"k": "é" * ((65_536 - len('{"k":""}')) // 2)}
    size = len(json.dumps(largest, ensure_ascii=False, separators=(",", ":")).encode())
    assert size == 65_536
    assert taken(body(metadata=largest)).metadata == largest
    update, (path, detail) = warned(body(metadata={"k": largest["k"] + "x"}))
    assert update.metadata is None
    assert path == "metadata"
    assert "65,536" in detail
    assert "dropped" in detail


@pytest.mark.parametrize("value", ["x", [], 3, True])
def test_metadata_that_is_no_object_is_dropped(value):
    update, (path, _) = warned(body(metadata=value))
    assert (update.metadata, path) == (None, "metadata")


def test_null_is_absent_everywhere():
    bare = body() | dict.fromkeys(
        ["agentId", "version", "systemPrompt", "metadata", "transcript", "whatever"]
    )
    bare["call"] |= dict.fromkeys(
        (
            *("startedAt", "endedAt", "durationSeconds", "endedReason", "cost"),
            *("recordingUrl", "customer", "whatever"),
        )
    )
    bare["agent"] |= {"name": None}
    assert taken(bare) == taken(body())
    assert taken(body(transcript={"turns": None})) == taken(body())
    assert taken(customer(name=None, number=None)) == taken(body())


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"startedAt": 1000, "endedAt": 900}, "call.endedAt"),
        (
            {"startedAt": 1000, "endedAt": 1060, "durationSeconds": 62.5},
            "call.durationSeconds",
        ),
    ],
)
def test_a_contradiction_is_taken_with_a_warning(fields, path):
    update, (warned_path, _) = warned(call(**fields))
    assert warned_path == path
    assert update.started_at is not None
    assert update.ended_at is not None
    assert update.duration_seconds == fields.get("durationSeconds")


def test_rounding_is_no_contradiction():
    fields = {"startedAt": 1000, "endedAt": 1060, "durationSeconds": 62}
    assert taken(call(**fields)).duration_seconds == 62
    assert taken(call(startedAt=1000, endedAt=1000)).ended_at is not None


def test_all_soft_faults_are_told_at_once():
    payload = body(
        call={"externalId": 7, "cost": -1, "startedAt": "x", "customer": {"name": []}},
        version=["x"],
        metadata=3,
        transcript={"turns": [{"role": "user", "content": True, "isError": "x"}]},
    )
    assert paths(read("zelto", payload)) == [
        "call.startedAt",
        "call.cost",
        "call.customer.name",
        "version",
        "metadata",
        "transcript.turns[0].content",
        "transcript.turns[0].isError",
    ]


@pytest.mark.parametrize("text", ["x", "\0"])
def test_the_payload_itself_stays_as_it_was(text):
    payload = call(cost="x", customer={"name": 3}) | {
        "transcript": {"turns": [{"role": "developer", "content": ["a", 1], "id": ""}]},
        "metadata": {"a": text},
    }
    before = json.dumps(payload)
    assert read("zelto", payload).update is not None
    assert json.dumps(payload) == before
