"""Exports, downloads and uploads, all at once and all slow: the webhook and the pages
find a thread beside them."""

from __future__ import annotations

import json
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.request import HTTPCookieProcessor, build_opener

import psutil
import pytest

from tests.browser import walk
from tests.conversations.recordings.far_server import FarServer, answer
from tests.conversations.recordings.sounds import write_sound
from tests.zelto.faults.ledger import database
from tests.zelto.faults.load import PASSWORD, body, get, post, provision
from tests.zelto.recordings.slow_clients import begin_upload, listen, status_of
from tests.zelto.stack import Stack, wait_for
from web.server.stalled_clients import STALLED_SECONDS

pytestmark = pytest.mark.processes

SECONDS = 120  # 11 MB of sound
EACH = 10  # of each kind and organization, for two processes of six threads
ROUNDS = 12
AT_MOST = 2.0  # seconds for an answer
MOST_HELD = 64 * 1024 * 1024
STORED = "SELECT conversation_id FROM conversations_recording WHERE state = 'done'"
# 600 more of each conversation, with 64,000 bytes of metadata that compress badly: more
# than what lies between an export and its reader. None is to be indexed.
# LATERAL: each is made once, and not once for every column.
LARGE_ROWS = """
    INSERT INTO conversations_conversation
    SELECT made.* FROM conversations_conversation AS one, generate_series(1, 600) AS number,
    LATERAL jsonb_populate_record(one, jsonb_build_object(
        'id', gen_random_uuid(), 'external_id', 'large-' || number,
        'metadata', jsonb_build_object('note', (
            SELECT string_agg(md5(number || '-' || part), '')
            FROM generate_series(1, 2000) AS part
        ))
    )) AS made
"""


@dataclass(frozen=True)
class Place:
    """A running server with two organizations, and what opens their long answers."""

    stack: Stack
    acme_key: str
    globex_key: str
    cookie: str
    recording: str  # its path at the API

    def open_all(self, clients: ExitStack) -> dict[str, list[socket.socket]]:
        cookie = f"Cookie: {self.cookie}"
        key = f"Authorization: Bearer {self.acme_key}"
        ways: dict[str, Callable[[], socket.socket]] = {
            "export of Acme": lambda: self.export("acme", cookie),
            "export of Globex": lambda: self.export("globex", cookie),
            "download": lambda: listen(self.stack, self.recording, key),
            "upload of Acme": lambda: begin_upload(self.stack, self.acme_key),
            "upload of Globex": lambda: begin_upload(self.stack, self.globex_key),
        }
        # One of each kind after the other, so that none is first everywhere.
        opened: dict[str, list[socket.socket]] = {name: [] for name in ways}
        for _ in range(EACH):
            for name, begin in ways.items():
                opened[name].append(clients.enter_context(begin()))
        return opened

    def export(self, slug: str, cookie: str) -> socket.socket:
        path = f"/org/{slug}/conversations/export/file?format=transcripts"
        return listen(self.stack, path, cookie)

    def seconds_of_a_post(self, name: str) -> float:
        began = time.monotonic()
        assert post(self.stack.port, self.acme_key, body(name)) == 200
        return time.monotonic() - began

    def seconds_of_a_page(self) -> float:
        began = time.monotonic()
        path = "/org/acme/conversations"
        assert get(self.stack.port, path, Cookie=self.cookie).status == 200
        return time.monotonic() - began


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    sound = write_sound(tmp_path_factory.mktemp("sound") / "a.wav", SECONDS)
    with Stack(environment={"ZELTO_RECORDING_ALLOW": "127.0.0.1"}) as stack:
        yield fill(stack, sound)


def fill(stack: Stack, sound: Path) -> Place:
    acme_key = provision(stack)["apiKey"]
    printed = stack.manage(
        *("provision", "--organization", "Globex", "--email", "ada@example.org"),
        *("--password", PASSWORD, "--key-name", "worker"),
    )
    globex_key = json.loads(printed.strip().splitlines()[-1])["apiKey"]
    with FarServer() as server, database(stack) as ask:
        url = server.says("/a.wav", answer(sound.read_bytes()))
        assert post(stack.port, acme_key, body("heard", recordingUrl=url)) == 200
        assert post(stack.port, globex_key, body("other")) == 200
        wait_for(lambda: bool(ask(STORED)), 60, what="the recording is stored")
        ask(LARGE_ROWS)
        ask("DELETE FROM conversations_searchjob")
        recording = f"/v1/conversations/{ask(STORED)[0][0]}/recording"
    jar = HTTPCookieProcessor()
    walk.log_in(build_opener(jar), stack.url)
    cookie = "; ".join(f"{one.name}={one.value}" for one in jar.cookiejar)
    return Place(stack, acme_key, globex_key, cookie, recording)


@pytest.mark.parametrize("name", ["csv", "jsonl", "transcripts"])
def test_an_export_that_nobody_reads_holds_little_of_large_rows(
    place: Place, name: str
) -> None:
    """Before the tests that have more answers under way: memory is seldom given back."""
    place.seconds_of_a_page()
    before = memory_of(place.stack)
    path = f"/org/acme/conversations/export/file?format={name}"
    with listen(place.stack, path, f"Cookie: {place.cookie}") as reader:
        wait_for(lambda: status_of(reader) == 200, 20, what="the export has begun")
        held = []
        for _ in range(ROUNDS):
            place.seconds_of_a_page()
            held.append(memory_of(place.stack) - before)
    assert max(held) < MOST_HELD, f"{max(held) / 1e6:.0f} MB"


def memory_of(stack: Stack) -> int:
    """Bytes of all processes that answer."""
    workers = stack.pids()["web-worker"]
    return sum(psutil.Process(pid).memory_info().rss for pid in workers)


def test_with_all_of_them_open_a_post_and_a_page_are_answered(place: Place) -> None:
    with ExitStack() as clients:
        opened = place.open_all(clients)
        readers = [
            one for name in opened if "upload" not in name for one in opened[name]
        ]
        wait_for(
            lambda: all(status_of(one) for one in readers),
            20,
            what="each reader has an answer, if only that there is no room",
        )
        times = []
        for number in range(ROUNDS):
            for name in ("upload of Acme", "upload of Globex"):
                send_a_byte(opened[name])
            times.append(place.seconds_of_a_post(f"beside-{number}"))
            times.append(place.seconds_of_a_page())
        answers = {
            name: Counter(map(status_of, sockets)) for name, sockets in opened.items()
        }
    assert max(times) < AT_MOST, answers
    # It was tight: of each kind some were under way, and the others were told so.
    for name, found in answers.items():
        is_upload = "upload" in name
        assert set(found) <= {
            None if is_upload else 200,
            429 if "export" in name else 503,
        }
    assert sum(found[200] + found[None] for found in answers.values()) >= 4


def test_a_reader_who_takes_nothing_is_let_go_after_a_minute(place: Place) -> None:
    with ExitStack() as clients:

        def begun() -> tuple[socket.socket, int | None]:
            sock = place.export("acme", f"Cookie: {place.cookie}")
            wait_for(lambda: status_of(sock) is not None, 20, what="an answer")
            return sock, status_of(sock)

        # Which of the two processes takes a connection is chance: opened until so many
        # in a row were refused that neither has room.
        refused = 0
        for _ in range(10 * EACH):
            reader, status = begun()
            clients.enter_context(reader)
            refused = refused + 1 if status == 429 else 0
            if refused == EACH:
                break
        assert refused == EACH

        def has_room() -> bool:
            reader, status = begun()
            reader.close()
            return status == 200

        # Each look begins an export: it would be all that the server does.
        wait_for(has_room, STALLED_SECONDS + 40, what="their slots are free", pace=1)


def send_a_byte(uploads: list[socket.socket]) -> None:
    """To those that have no answer yet."""
    for one in uploads:
        if status_of(one) is None:
            one.sendall(b"x")
