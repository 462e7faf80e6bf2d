"""Hundreds of clients who begin a request and do not end it, or only connect: posts and
pages are answered beside them, and each is told what is wrong."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.zelto.faults.ledger import database
from tests.zelto.faults.load import body, get, post, provision
from tests.zelto.recordings.slow_clients import status_of
from tests.zelto.stack import Stack, wait_for

pytestmark = pytest.mark.processes

EACH = 120
ROUNDS = 10
AT_MOST = 5.0  # seconds for an answer; a body has ten
COUNTED = """
    SELECT coalesce(sum(value), 0) FROM integrations_runningtotal
    WHERE name = 'turned away 408'
"""
LATE = "SELECT count(*) FROM integrations_delivery WHERE status = 408"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack(processes=["web"]) as stack:
        yield stack


@pytest.fixture(scope="module")
def key(stack: Stack) -> str:
    text: str = provision(stack)["apiKey"]
    return text


def begin(stack: Stack, path: str, *headers: str, sent: bytes = b"{") -> socket.socket:
    """Send the head of a request, and less of its body than the head says."""
    sock = socket.create_connection(("127.0.0.1", stack.port))
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{stack.port}", *headers]
    sock.sendall("\r\n".join([*lines, "Content-Length: 1000", "", ""]).encode() + sent)
    return sock


def test_unfinished_bodies_hold_nobody_up(stack: Stack, key: str) -> None:
    webhook = "/webhooks/calls"
    json = "Content-Type: application/json"
    with ExitStack() as clients:
        opened: dict[str, list[socket.socket]] = {
            "form": [],
            "post": [],
            "stranger": [],
        }
        for _ in range(EACH):
            for name, sock in (
                ("form", begin(stack, "/login")),
                ("post", begin(stack, webhook, f"Authorization: Bearer {key}", json)),
                ("stranger", begin(stack, webhook, json)),
                ("idle", socket.create_connection(("127.0.0.1", stack.port))),
            ):
                opened.setdefault(name, []).append(clients.enter_context(sock))
        times = [seconds_of(stack, key, f"beside-{number}") for number in range(ROUNDS)]
        assert max(times) < AT_MOST
        expected = {"form": 408, "post": 408, "stranger": 401}
        told = [sock for name in expected for sock in opened[name]]
        wait_for(lambda: all(map(status_of, told)), 40, what="each is told")
        answers = {name: Counter(map(status_of, opened[name])) for name in expected}
        assert answers == {name: {status: EACH} for name, status in expected.items()}
    with database(stack) as ask:
        # Which keeps only so many of a kind, and counts the others.
        wait_for(lambda: ask(LATE)[0][0] > 0, 20, what="the refusals are in the log")
        # The other test adds one, whichever is first.
        counted = {EACH, EACH + 1}
        wait_for(
            lambda: ask(COUNTED)[0][0] in counted, 20, what="the forms are counted"
        )


def seconds_of(stack: Stack, key: str, name: str) -> float:
    """How long the slower of a post and a page takes."""
    began = time.monotonic()
    assert post(stack.port, key, body(name)) == 200
    posted = time.monotonic()
    assert get(stack.port, "/login").status == 200
    return max(posted - began, time.monotonic() - posted)


def test_a_large_upload_that_stops_is_ended(stack: Stack, key: str) -> None:
    """Its bytes go to a thread as they arrive."""
    form = "Content-Type: multipart/form-data; boundary=end"
    headers = (f"Authorization: Bearer {key}", form, "Transfer-Encoding: chunked")
    sock = socket.create_connection(("127.0.0.1", stack.port))
    lines = ["POST /v1/conversations HTTP/1.1", f"Host: 127.0.0.1:{stack.port}"]
    with sock:
        sock.sendall("\r\n".join([*lines, *headers, "", "5", "--end", ""]).encode())
        wait_for(lambda: status_of(sock) is not None, 40, what="it is told")
        assert status_of(sock) == 408
