"""Posting to an address that somebody entered."""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Iterator

import pytest

from tests.alerts.receiver import Receiver, Reply
from tests.conversations.recordings.far_server import FarServer, drip
from web.outgoing.address_policy import Reach
from web.outgoing.guarded_client import MAX_ANSWER_BYTES, NotAnswered, post

HERE = Reach(("127.0.0.1/32",), "ZELTO_ALERT_ALLOW")
NOBODY = Reach((), "ZELTO_ALERT_ALLOW")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


def test_it_posts_and_returns_the_answer(receiver: Receiver) -> None:
    receiver.answers(Reply(202, b"taken", (("X-Request-Id", "7"),)))
    answer = post(f"{receiver.url}/a?b=c", b"{}", {"Content-Type": "text/x"}, HERE)
    assert (answer.status, answer.text) == (202, "taken")
    assert answer.headers["x-request-id"] == "7"
    (got,) = receiver.posts
    assert (got.path, got.body, got.headers["content-type"]) == (
        "/a?b=c",
        b"{}",
        "text/x",
    )
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://127.0.0.1/", "is not a public address"),
        ("https://localhost/", "is not a public address"),
        ("https://10.1.2.3/", "is not a public address"),
        ("https://169.254.169.254/latest", "is not a public address"),
        ("https://[::1]/", "is not a public address"),
        ("https://[::ffff:127.0.0.1]/", "is not a public address"),
        ("https://2130706433/", "is not a public address"),
        ("http://127.0.0.1/", "over https only"),
        ("http://93.184.216.34/", "over https only"),
        ("https://127.0.0.1:22/", "Port 22"),
        ("ftp://example.com/", "Only http and https"),
        ("nothing", "cannot be read"),
    ],
)
def test_it_asks_no_address_but_public_ones_over_https(url: str, said: str) -> None:
    with pytest.raises(NotAnswered, match=said) as error:
        post(url, b"", {}, NOBODY)
    assert error.value.is_final


def test_a_name_is_judged_by_what_it_resolves_to(receiver: Receiver) -> None:
    url = receiver.url.replace("127.0.0.1", "localhost")
    with pytest.raises(NotAnswered, match="over https only"):
        post(url, b"", {}, NOBODY)
    assert post(url, b"", {}, Reach(("localhost",), "X")).status == 200
    both = Reach(("127.0.0.1/32", "::1/128"), "X")
    assert post(url, b"", {}, both).status == 200
    with pytest.raises(NotAnswered, match="over https only"):
        post(url, b"", {}, Reach(("10.0.0.0/8",), "X"))
    assert len(receiver.posts) == 2


def test_a_server_that_sends_a_byte_now_and_then_is_cut_at_the_deadline() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    with FarServer() as server:
        pieces = iter([head, *[b"x"] * 10_000])
        url = server.says("/", drip(pieces, server.closed, every=0.02))
        begin = time.monotonic()
        with pytest.raises(NotAnswered, match=r"did not answer within 0.5 seconds"):
            post(url, b"", {}, HERE, seconds=0.5)
        assert time.monotonic() - begin < 5


def test_no_more_of_an_answer_is_read_than_64_kib() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"
    with FarServer() as server:
        url = server.says("/", head + b"x" * 1_000_000)
        answer = post(url, b"", {}, HERE)
    assert len(answer.body) == MAX_ANSWER_BYTES


def test_a_compressed_answer_that_unpacks_to_much_is_bounded() -> None:
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(b"\0" * 50_000_000) + packer.flush()
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}"
    with FarServer() as server:
        url = server.says("/", head.encode() + b"\r\n\r\n" + packed)
        assert len(post(url, b"", {}, HERE).body) <= MAX_ANSWER_BYTES


def test_it_leaves_no_thread_behind(receiver: Receiver) -> None:
    before = threading.active_count()
    for _ in range(5):
        post(receiver.url, b"", {}, HERE)
    assert threading.active_count() <= before + 1
