"""What hostile and large uploads do to a running server: each is answered, and none takes
its memory.
"""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psutil
import pytest

from tests.integrations.livekit_upload.bodies import (
    FORM,
    JSON,
    PROTOBUF,
    form,
    header,
    history,
    logs,
    part,
    record,
    said,
)
from tests.zelto.conftest import Count
from tests.zelto.faults.ledger import database
from tests.zelto.livekit_upload.uploads import (
    LOGS,
    SESSION,
    Uploads,
    another_upload_key,
    upload_key,
)
from tests.zelto.stack import Stack, wait_for

pytestmark = pytest.mark.processes

MEGABYTE = 1024 * 1024
MOST_HELD = 64 * MEGABYTE
AUDIO_BYTES = 400 * MEGABYTE
FORM_TYPE = FORM["content-type"]
WORDS = ["Hello?", "Hi, this is Acme."]
ANSWERED = {200, 400, 401, 403, 404, 408, 411, 413, 415, 503}
STORED = (
    "SELECT size FROM integrations_delivery WHERE external_id = %s AND status = 200"
)
NAMED = """
    SELECT convert_from(body, 'UTF8')::json -> 'audio' ->> 'file',
        convert_from(body, 'UTF8')::json ->> 'audioLost'
    FROM integrations_delivery WHERE external_id = %s AND status = 200
"""


@pytest.fixture(scope="module")
def uploads() -> Iterator[Uploads]:
    with Stack(processes=["web"]) as stack:
        found = Uploads(stack, upload_key(stack))
        # Until both processes have loaded all that they need.
        body = form(
            ("header", header("AJ_warm")), ("chat_history", history(said("Hi")))
        )
        for _ in range(30):
            assert found.post(SESSION, body, Content_Type=FORM_TYPE) == 200
            assert found.post(LOGS, logs(record()), Content_Type=JSON["content-type"])
        yield found


class Memory:
    """The most that each web process holds while it is watched, by its PSS."""

    def __init__(self, stack: Stack) -> None:
        self.processes = [psutil.Process(pid) for pid in stack.pids()["web-worker"]]
        self.before = {one.pid: held_by(one) for one in self.processes}
        self.most = dict(self.before)
        self.is_over = threading.Event()

    def watch(self) -> None:
        while not self.is_over.wait(0.02):
            for one in self.processes:
                self.most[one.pid] = max(self.most[one.pid], held_by(one))

    @property
    def grown(self) -> int:
        return max(self.most[pid] - self.before[pid] for pid in self.before)


def held_by(process: psutil.Process) -> int:
    rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text("ascii")
    line = next(one for one in rollup.splitlines() if one.startswith("Pss:"))
    return int(line.split()[1]) * 1024


@contextmanager
def watched(stack: Stack) -> Iterator[Memory]:
    memory = Memory(stack)
    thread = threading.Thread(target=memory.watch)
    thread.start()
    try:
        yield memory
    finally:
        memory.is_over.set()
        thread.join()


@cache
def bomb(prefix: bytes = b"") -> bytes:
    """Return gzip of some megabytes that unpacks to a gigabyte."""
    packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    packed = packer.compress(prefix)
    zeros = bytes(4 * MEGABYTE)
    for _ in range(256):
        packed += packer.compress(zeros)
    return packed + packer.flush()


def messages(number: int, count: int) -> bytes:
    return bytes([number << 3 | 2, 0]) * count


def hostile() -> Iterator[tuple[str, str, bytes, dict[str, str]]]:
    """Yield name, path, body and headers."""
    packed = {"Content-Encoding": "gzip"}
    proto = {"Content-Type": PROTOBUF["content-type"]}
    as_json = {"Content-Type": JSON["content-type"]}
    as_form = {"Content-Type": FORM_TYPE}
    yield "bomb, logs", LOGS, bomb(), proto | packed
    yield "bomb, JSON", LOGS, bomb(b'{"a": "'), as_json | packed
    yield "bomb, session", SESSION, bomb(), as_form | packed
    begun = form(("header", header("AJ_bomb")), ("chat_history", history(said("a"))))
    begun = begun.removesuffix(b"--x--\r\n") + part("audio", b"")[:-2]
    yield "bomb, audio", SESSION, bomb(begun), as_form | packed
    yield "no protobuf", LOGS, b"\xff" * 5_000_000, proto
    yield "empty messages", LOGS, messages(1, 2_500_000), proto
    packed_messages = gzip.compress(messages(1, 2_600_000))
    yield "packed empty messages", LOGS, packed_messages, proto | packed
    many = logs(*(record(job=f"AJ_{number}") for number in range(10_000)))
    yield "many jobs", LOGS, gzip.compress(many), as_json | packed
    yield "deep", LOGS, b"[" * 2_500_000 + b"]" * 2_500_000, as_json
    yield "empty objects", LOGS, b'{"a": [' + b"{}," * 1_600_000 + b"{}]}", as_json
    deep = b'{"items": ' + b'{"a":' * 400_000 + b"1" + b"}" * 400_000 + b"}"
    yield (
        "deep history",
        SESSION,
        form(("header", header()), ("chat_history", deep)),
        as_form,
    )
    yield "huge header", SESSION, form(("header", b"\x42\x04AJ_1" * 800_000)), as_form
    yield "no header", SESSION, form(("audio", b"a" * 4_000_000)), as_form
    yield (
        "parts",
        SESSION,
        form(*(("chat_history", b"{}") for _ in range(40_000))),
        as_form,
    )
    yield "no end", SESSION, b"--x\r\n" + b"a" * 5_000_000, as_form
    yield "head of a part", SESSION, b"--x\r\n" + b"A: b\r\n" * 800_000, as_form
    yield "boundaries", SESSION, b"--x\r\n" * 1_000_000, as_form
    yield "boundary", SESSION, b"a" * 1000, {"Content-Type": FORM_TYPE + "y" * 60_000}
    yield (
        "token",
        LOGS,
        logs(record()),
        as_json | {"Authorization": "Bearer a." + "b" * 50_000},
    )


def test_hostile_uploads_take_no_memory(uploads: Uploads, count: Count) -> None:
    found = list(hostile())
    seconds: dict[str, float] = {}
    with watched(uploads.stack) as memory:
        for name, path, body, headers in found:
            begun = time.monotonic()
            status = uploads.post(path, body, **headers)
            seconds[name] = time.monotonic() - begun
            # Refused before it was read, its sender may see no more than the end.
            assert status in ANSWERED | {0, 431}, (name, status)
            assert status != 200 or name in ("bomb, audio", "token"), name
    count(
        grown=f"{memory.grown / MEGABYTE:.0f} MB",
        slowest=max(seconds.items(), key=lambda one: one[1]),
    )
    assert memory.grown < MOST_HELD
    assert "Internal Server Error" not in uploads.stack.log


def sound(length: int) -> Iterator[bytes]:
    piece = b"OggS" + bytes(MEGABYTE - 4)
    for _ in range(length // MEGABYTE):
        yield piece


def around(job: str) -> tuple[bytes, bytes]:
    """Return what stands before the audio of a session, and behind it."""
    parts = form(("header", header(job)), ("chat_history", history(said(*WORDS))))
    head, tail = part("audio", b"@").split(b"@")
    return parts.removesuffix(b"--x--\r\n") + head, tail + b"--x--\r\n"


def upload_sound(uploads: Uploads, job: str, length: int) -> int:
    before, behind = around(job)
    pieces = (
        piece for all_of in ([before], sound(length), [behind]) for piece in all_of
    )
    whole = len(before) + length + len(behind)
    return uploads.send(SESSION, pieces, whole, Content_Type=FORM_TYPE)


def test_a_long_recording_streams_to_disk(uploads: Uploads, count: Count) -> None:
    with watched(uploads.stack) as memory:
        begun = time.monotonic()
        assert upload_sound(uploads, "AJ_long", AUDIO_BYTES) == 200
        seconds = time.monotonic() - begun
    count(grown=f"{memory.grown / MEGABYTE:.1f} MB", seconds=round(seconds, 1))
    assert memory.grown < MOST_HELD
    with database(uploads.stack) as ask:
        ((file, lost),) = ask(NAMED, "AJ_long")
    assert not lost
    kept = uploads.stack.data_dir / "recordings" / file
    assert kept.stat().st_size == AUDIO_BYTES
    kept.unlink()
    assert list((uploads.stack.data_dir / "incoming").iterdir()) == []


def test_a_recording_that_is_too_long_costs_no_transcript(
    uploads: Uploads, count: Count
) -> None:
    with watched(uploads.stack) as memory:
        assert upload_sound(uploads, "AJ_too_long", 520 * MEGABYTE) == 200
    count(grown=f"{memory.grown / MEGABYTE:.1f} MB")
    assert memory.grown < MOST_HELD
    with database(uploads.stack) as ask:
        ((file, lost),) = ask(NAMED, "AJ_too_long")
    assert file is None
    assert "was not kept" in lost
    assert list((uploads.stack.data_dir / "incoming").iterdir()) == []


@pytest.mark.parametrize(
    "length", [2**31, 2**63, 2**64, 10**30, -1, "0x10", "1e3", "1,2", ""]
)
def test_a_length_that_lies_is_no_fault_of_ours(
    uploads: Uploads, length: int | str
) -> None:
    body = form(("header", header("AJ_lie")), ("chat_history", history(said(*WORDS))))
    for path, kind in ((SESSION, FORM_TYPE), (LOGS, JSON["content-type"])):
        status = uploads.send(path, [body], length, Content_Type=kind)
        assert status in ANSWERED | {0}
        assert status != 200


def test_a_body_that_ends_early_is_stored_without_its_audio(uploads: Uploads) -> None:
    before, _ = around("AJ_early")
    pieces = [before, b"OggS" * 100_000]
    status = uploads.send(SESSION, pieces, 20 * MEGABYTE, Content_Type=FORM_TYPE)
    assert status in (0, 503)
    with database(uploads.stack) as ask:
        wait_for(lambda: bool(ask(STORED, "AJ_early")), 10, what="it is stored")
        ((file, lost),) = ask(NAMED, "AJ_early")
    assert (file, "ended early" in lost) == (None, True)


def test_a_body_that_stops_is_told_to_come_again(uploads: Uploads) -> None:
    before, _ = around("AJ_slow")
    address = ("127.0.0.1", uploads.stack.port)
    with socket.create_connection(address, timeout=60) as sock:
        head = uploads.head(SESSION, 20 * MEGABYTE, Content_Type=FORM_TYPE)
        sock.sendall(head + before)
        answer = b""
        while part_of_it := sock.recv(4096):
            answer += part_of_it
            if b"RetryInfo" in answer:
                break
    assert answer.startswith((b"HTTP/1.1 408", b"HTTP/1.1 503"))
    assert b"RetryInfo" in answer
    with database(uploads.stack) as ask:
        wait_for(lambda: bool(ask(STORED, "AJ_slow")), 10, what="it is stored")


def test_a_key_that_is_revoked_meanwhile_stores_nothing(uploads: Uploads) -> None:
    before, behind = around("AJ_revoked")
    with database(uploads.stack) as ask:

        def pieces() -> Iterator[bytes]:
            yield before
            for number, piece in enumerate(sound(20 * MEGABYTE)):
                if number == 10:
                    ask("UPDATE accounts_apikey SET revoked_at = now()")
                yield piece
            yield behind

        whole = len(before) + 20 * MEGABYTE + len(behind)
        try:
            status = uploads.send(SESSION, pieces(), whole, Content_Type=FORM_TYPE)
            assert status == 401
            assert ask(STORED, "AJ_revoked") == []
            assert ask("SELECT reason FROM integrations_delivery WHERE status = 401")
            left = (
                "SELECT name FROM conversations_unusedfile WHERE delete_after > now()"
            )
            named = {file for ((file),) in ask(left)}
            folder = uploads.stack.data_dir / "recordings"
            there = [one for one in folder.rglob("*") if one.is_file()]
            assert all(str(one.relative_to(folder)) in named for one in there)
        finally:
            ask("UPDATE accounts_apikey SET revoked_at = NULL")


@cache
def line(number: int) -> bytes:
    return logs(record(f"line {number} " + "a" * 300), scope="my.app")


FLOOD, SENDERS = 5_000, 8


def test_a_flood_of_logs_keeps_no_session_out(uploads: Uploads, count: Count) -> None:
    statuses: list[int] = []
    flooded = another_upload_key(uploads.stack, "flooded")

    def flood(of: int) -> None:
        connection = uploads.connection()
        for number in range(FLOOD // SENDERS):
            connection.request(
                "POST",
                f"/livekit/{flooded}{LOGS}",
                line(number % 50),
                {**JSON, "Authorization": f"Bearer {of}"},
            )
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        connection.close()

    threads = [threading.Thread(target=flood, args=[of]) for of in range(SENDERS)]
    begun = time.monotonic()
    took: list[float] = []
    for thread in threads:
        thread.start()
    number = 0
    while any(thread.is_alive() for thread in threads):
        body = form(
            ("header", header(f"AJ_flood_{number}")),
            ("chat_history", history(said(*WORDS))),
        )
        start = time.monotonic()
        assert uploads.post(SESSION, body, Content_Type=FORM_TYPE) == 200
        took.append(time.monotonic() - start)
        number += 1
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - begun
    took.sort()
    count(
        posts=len(statuses),
        seconds=round(seconds, 1),
        sessions=len(took),
        p50=round(took[len(took) // 2], 3),
        p99=round(took[int(len(took) * 0.99)], 3),
    )
    assert len(statuses) == FLOOD // SENDERS * SENDERS
    assert set(statuses) <= {200, 503}
    assert took[-1] < 5
    with database(uploads.stack) as ask:
        stored = "SELECT count(*) FROM integrations_delivery WHERE external_id LIKE %s"
        assert ask(stored, "AJ\\_flood\\_%") == [(number,)]
        counted = "SELECT coalesce(sum(count), 0) FROM integrations_delivery WHERE outcome = 'ignored'"
        taken = statuses.count(200)
        wait_for(lambda: ask(counted)[0][0] >= taken, 10, what="all are counted")


def test_json_of_nothing_but_numbers_is_read_in_time(uploads: Uploads) -> None:
    items = json.dumps({"items": [9] * 200_000}).encode()
    body = form(("header", header("AJ_numbers")), ("chat_history", items))
    begun = time.monotonic()
    assert uploads.post(SESSION, body, Content_Type=FORM_TYPE) in ANSWERED
    assert time.monotonic() - begun < 10
