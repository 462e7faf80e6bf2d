"""What a request must be before it is read as a call."""

from __future__ import annotations

import gc
import gzip
import json
import zlib
from unittest.mock import Mock

import pytest

from integrations.request_body import BodyFault, check_type, decompress, parse

LIMIT = 1000


def refusal(function, *arguments) -> tuple[int, str]:
    with pytest.raises(BodyFault) as caught:
        function(*arguments)
    return caught.value.status, caught.value.detail


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/vnd.acme.call+json",
        "application/ld+json;profile=x",
    ],
)
def test_it_takes_json_by_any_of_its_names(content_type):
    assert check_type(content_type, None, None) == ("zelto", "identity")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "text/json", "json", "+json"],
)
def test_it_refuses_other_content_types(content_type):
    status, detail = refusal(check_type, content_type, None, None)
    assert status == 415
    assert "Content-Type: application/json" in detail
    assert content_type in detail


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        (None, "identity"),
        ("", "identity"),
        ("identity", "identity"),
        ("GZip", "gzip"),
        (" gzip ", "gzip"),
        ("identity, gzip", "gzip"),
    ],
)
def test_it_knows_gzip_and_identity(header, encoding):
    assert check_type("application/json", header, "zelto").encoding == encoding


@pytest.mark.parametrize("header", ["br", "deflate", "gzip, gzip", "zstd", "gzip, br"])
def test_it_refuses_other_encodings(header):
    status, detail = refusal(check_type, None, header, None)
    assert status == 415
    assert header in detail


@pytest.mark.parametrize(
    ("header", "provider"),
    [(None, "zelto"), ("", "zelto"), (" ", "zelto"), ("LiveKit", "livekit")],
)
def test_the_provider_ignores_case_and_has_a_default(header, provider):
    assert check_type(None, None, header).provider == provider


@pytest.mark.parametrize("header", ["vapi", "livekit,livekit", "upload"])
def test_it_refuses_an_unknown_provider(header):
    status, detail = refusal(check_type, None, None, header)
    assert status == 400
    assert "livekit, zelto" in detail


def test_a_wrong_type_is_told_before_a_wrong_provider():
    assert refusal(check_type, "text/plain", None, "vapi")[0] == 415


def test_a_refusal_never_repeats_a_long_header():
    assert len(refusal(check_type, "x" * 5000, None, None)[1]) < 200


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_exactly_the_limit_passes_and_a_byte_more_does_not(encoding):
    pack = gzip.compress if encoding == "gzip" else bytes
    assert decompress(pack(b"x" * LIMIT), encoding, LIMIT) == b"x" * LIMIT
    status, detail = refusal(decompress, pack(b"x" * (LIMIT + 1)), encoding, LIMIT)
    assert status == 413
    assert "1,000 bytes" in detail


def test_it_reads_gzip_of_several_members():
    data = gzip.compress(b'{"a":') + gzip.compress(b"1}") + b"\0\0"
    assert decompress(data, "gzip", LIMIT) == b'{"a":1}'


def test_the_limit_counts_all_members():
    data = gzip.compress(b"x" * 600) * 2
    assert refusal(decompress, data, "gzip", LIMIT)[0] == 413


def test_a_bomb_stops_at_the_limit():
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert refusal(decompress, bomb, "gzip", LIMIT)[0] == 413


def test_a_swarm_of_empty_members_is_refused():
    assert decompress(gzip.compress(b"") * 100, "gzip", LIMIT) == b""
    assert refusal(decompress, gzip.compress(b"") * 101, "gzip", LIMIT)[0] == 400


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        zlib.compress(b"{}"),
        gzip.compress(b"{}")[:-1],
        gzip.compress(b"{}")[:-8] + b"\1" * 8,
        gzip.compress(b"{}") + b"rubbish",
    ],
    ids=["empty", "plain", "zlib", "cut", "bad checksum", "rubbish after"],
)
def test_bad_gzip_is_a_400(data):
    status, detail = refusal(decompress, data, "gzip", LIMIT)
    assert status == 400
    assert "gzip" in detail


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\xff{}", "not UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', "not UTF-8"),
        (b"{", "not JSON"),
        (b'{"a":1}}', "not JSON"),
        (b"{'a':1}", "not JSON"),
        (b'{"a":"\n"}', "not JSON"),
        (b"[]", "one JSON object; got a list"),
        (b'"text"', 'one JSON object; got "text"'),
        (b"null", "one JSON object; got null"),
        (b"12", "one JSON object; got 12"),
        (b"NaN", "one JSON object"),
    ],
)
def test_it_says_what_is_wrong_with_the_json(data, part):
    status, detail = refusal(parse, data)
    assert status == 400
    assert part in detail


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


def test_sixty_four_levels_pass_and_one_more_does_not():
    assert parse(nested(64))
    assert refusal(parse, nested(65)) == (
        400,
        "The body is nested deeper than 64 levels.",
    )
    assert refusal(parse, b'{"a":' + b"[" * 64 + b"]" * 64 + b"}")[0] == 400


@pytest.mark.parametrize("levels", [500, 5_000, 1_000_000])
def test_any_depth_is_refused_without_a_crash(levels):
    assert "deeper than 64" in refusal(parse, nested(levels))[1]


def test_brackets_in_text_are_no_levels():
    assert parse(json.dumps({"a": "[{" * 100}).encode()) == {"a": "[{" * 100}


def test_many_shallow_parts_are_not_deep():
    wide: dict[str, list[list[int]]] = {"a": [[] for _ in range(1000)]}
    assert parse(json.dumps(wide).encode()) == wide


def listed(part: bytes, count: int) -> bytes:
    return b'{"a":[' + part + (b"," + part) * (count - 1) + b"]}"


def test_a_hundred_thousand_containers_pass_and_one_more_does_not():
    assert parse(listed(b"[]", 99_998))
    assert refusal(parse, listed(b"[]", 99_999)) == (
        413,
        "The body has more than 100,000 objects and lists.",
    )


def test_three_hundred_thousand_values_pass_and_more_do_not():
    assert parse(listed(b"1", 299_990))
    assert refusal(parse, listed(b"1", 300_001)) == (
        413,
        "The body has more than 300,000 values.",
    )


def test_where_larger_bodies_are_taken_they_may_hold_more(settings):
    settings.MAX_BODY_BYTES *= 2
    assert parse(listed(b"[]", 199_998))
    assert "200,000 objects" in refusal(parse, listed(b"[]", 199_999))[1]


def test_the_collector_is_paused_while_a_large_body_is_parsed(monkeypatch):
    seen = []

    def decode(_: str) -> dict[str, int]:
        seen.append(gc.isenabled())
        return {}

    decoder = Mock(decode=decode)
    monkeypatch.setattr("integrations.request_body._DECODER", decoder)
    parse(listed(b"[]", 50_000))
    parse(b"{}")
    assert seen == [False, True]


def test_a_byte_order_mark_is_taken():
    assert parse(b"\xef\xbb\xbf{}") == {}


def test_of_duplicate_keys_the_last_wins():
    assert parse(b'{"a": 1, "a": 2}') == {"a": 2}


@pytest.mark.parametrize(
    "number",
    ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 400, "-" + "9" * 5000],
)
def test_a_number_that_no_double_holds_is_null(number):
    assert parse(b'{"a": [%s, 1]}' % number.encode()) == {"a": [None, 1]}


def test_numbers_that_a_double_holds_stay():
    payload = parse(b'{"a": [12, -0.5, 1e300, %s, 1.0]}' % (b"9" * 300))
    assert payload == {"a": [12, -0.5, 1e300, int("9" * 300), 1.0]}
    assert json.dumps(payload)


def test_escapes_that_no_database_holds_are_left_to_the_reading():
    assert parse(b'{"a": "\\u0000\\ud800"}') == {"a": "\0\ud800"}
