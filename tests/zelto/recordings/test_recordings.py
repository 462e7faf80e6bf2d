"""A media worker that ends while it fetches: what it fetched is had later, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conversations.recordings.far_server import FarServer, answer
from tests.conversations.recordings.sounds import write_sound
from tests.zelto.faults.ledger import Ask, database
from tests.zelto.faults.load import body, post, provision
from tests.zelto.stack import SHORT_LEASE, Stack, wait_for

pytestmark = pytest.mark.processes

FETCHING = """
    SELECT count(*) FROM conversations_recording
    WHERE state = 'running' AND fetched_bytes > 0
"""
OF_CALL = """
    SELECT recording.state, recording.attempts, recording.file, recording.last_error,
        call.has_audio
    FROM conversations_recording AS recording
    JOIN conversations_conversation AS call ON call.id = recording.conversation_id
    WHERE call.external_id = %s
"""
NOTES = "SELECT count(*) FROM conversations_unusedfile"


@pytest.fixture
def server() -> Iterator[FarServer]:
    with FarServer() as server:
        yield server


@pytest.fixture
def sound(tmp_path: Path) -> bytes:
    return write_sound(tmp_path / "a.wav", 5).read_bytes()


@pytest.fixture(scope="module")
def one_stack() -> Iterator[Stack]:
    allow = {"ZELTO_RECORDING_ALLOW": "127.0.0.1"}
    with Stack(environment=SHORT_LEASE | allow) as stack:
        yield stack


@pytest.fixture(scope="module")
def key(one_stack: Stack) -> str:
    key: str = provision(one_stack)["apiKey"]
    return key


def slow_at_first(server: FarServer, sound: bytes) -> str:
    """The first to ask gets half of it and waits; the next one gets all."""

    def half(to: Any) -> None:
        to.sendall(answer(sound)[: len(sound) // 2])
        server.closed.wait()

    return server.says("/a.wav", half, answer(sound))


def begin(stack: Stack, key: str, server: FarServer, sound: bytes, call: str) -> None:
    url = slow_at_first(server, sound)
    assert post(stack.port, key, body(call, recordingUrl=url)) == 200
    with database(stack) as ask:
        wait_for(lambda: bool(ask(FETCHING)[0][0]), 30, what="half of it is here")


def wait_until_stored(ask: Ask, call: str) -> tuple[Any, ...]:
    wait_for(
        lambda: ask(OF_CALL, call)[0][0] in {"done", "failed"}, 60, what="it is stored"
    )
    (row,) = ask(OF_CALL, call)
    return row


def incoming(stack: Stack) -> list[Path]:
    return list((stack.data_dir / "incoming").iterdir())


def kept(stack: Stack) -> list[Path]:
    return list((stack.data_dir / "recordings").rglob("*.wav"))


def fetches(server: FarServer) -> int:
    """Count who asked for the file, and not only how long it is by now."""
    return sum("Range:" not in head for head in server.heads)


def test_a_killed_worker_has_it_fetched_later_and_once(
    stack: Stack, key: str, server: FarServer, sound: bytes
) -> None:
    before = len(kept(stack))
    begin(stack, key, server, sound, "killed")
    stack.kill9("media")
    assert stack.wait_until_ended() != 0
    stack.start()
    with database(stack) as ask:
        state, attempts, file, error, has_audio = wait_until_stored(ask, "killed")
        assert (state, attempts, error, has_audio) == ("done", 2, "", True)
        assert (stack.data_dir / "recordings" / file).read_bytes() == sound
        assert len(kept(stack)) == before + 1
        assert fetches(server) == 2
        assert ask(NOTES) == [(0,)]


def test_a_stop_in_order_waits_for_no_download(
    stack: Stack, key: str, server: FarServer, sound: bytes
) -> None:
    begin(stack, key, server, sound, "stopped")
    left = incoming(stack)
    assert stack.stop() == 0
    assert len(incoming(stack)) == len(left) - 1  # it tidied up itself
    stack.start()
    with database(stack) as ask:
        state, attempts, _, error, _ = wait_until_stored(ask, "stopped")
        assert (state, attempts, error) == ("done", 1, "")
        assert fetches(server) == 2
