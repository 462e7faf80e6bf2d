"""What is written before the end, and when it counts."""

from __future__ import annotations

import asyncio
import fcntl
from pathlib import Path

import pytest

from worker_tests.contexts import Context, History
from worker_tests.outboxes import names, put
from worker_tests.stand_in import KEY, Says, Zelto
from zelto_livekit import forwarder as forwarding
from zelto_livekit.checkpoints import Checkpoints
from zelto_livekit.forwarder import Forwarder
from zelto_livekit.outbox import Kind, Outbox
from zelto_livekit.sender import Sender
from zelto_livekit.session_body import body_so_far


@pytest.fixture(autouse=True)
def _no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZELTO_BACKGROUND", "off")


@pytest.fixture
def forwarder(zelto: Zelto, outbox: Outbox) -> Forwarder:
    return Forwarder(
        url=zelto.url, key=KEY, outbox=outbox.folder, checkpoint_seconds=0.02
    )


async def until(path: Path, words: bytes) -> None:
    while not (path.exists() and words in path.read_bytes()):
        await asyncio.sleep(0.005)


def test_while_the_job_lives_nobody_sends_it(
    zelto: Zelto, forwarder: Forwarder, sender: Sender, outbox: Outbox
) -> None:
    ctx = Context("AJ_lives", "hello", has_report=False)
    path = outbox.path_of("AJ_lives", Kind.CHECKPOINT)

    async def talk() -> None:
        forwarder.watch(ctx)
        await until(path, b"hello")
        assert sender.send_all().sent == 0
        ctx.history = History("hello", "and goodbye")
        await until(path, b"and goodbye")
        assert sender.send_all().sent == 0
        ctx.has_report = True
        await forwarder.forward(ctx)

    asyncio.run(talk())
    [body] = zelto.calls["AJ_lives"]
    assert body["call"]["endedReason"] == "error"
    assert body["metadata"] == {"partial": False}
    assert names(outbox) == []


def test_of_a_dead_job_it_is_sent_and_marked(
    zelto: Zelto, forwarder: Forwarder, sender: Sender, outbox: Outbox
) -> None:
    async def talk_until_the_kill() -> None:
        forwarder.watch(Context("AJ_dead", "hello", has_report=False))
        await until(outbox.path_of("AJ_dead", Kind.CHECKPOINT), b"hello")

    asyncio.run(talk_until_the_kill())
    dead = forwarding._checkpoints.pop("AJ_dead")
    with dead._writing:  # the file has its name, and is about to be closed
        assert dead._alive is not None
        dead._alive.close()  # as the kernel does
    assert sender.send_all().sent == 1
    [body] = zelto.calls["AJ_dead"]
    assert body["call"]["endedReason"] == "worker_died"
    assert body["call"]["endedAt"] > 1764424000
    assert body["metadata"] == {"partial": True}
    assert body["sessionReport"]["chat_history"]["items"][0]["content"] == ["hello"]
    assert names(outbox) == []


def test_it_gives_way_to_the_whole_session(
    zelto: Zelto, sender: Sender, outbox: Outbox
) -> None:
    """The job was killed after it had written the one and before it dropped the other."""
    put(outbox, "AJ_1", Kind.CHECKPOINT)
    put(outbox, "AJ_1")
    sender.send_all()
    assert len(zelto.calls["AJ_1"]) == 1
    assert names(outbox) == []


def test_it_gives_way_to_a_session_that_still_waits_or_was_refused(
    zelto: Zelto, sender: Sender, outbox: Outbox
) -> None:
    zelto.answers(Says(422, "{}"), Says(500, "{}"))
    put(outbox, "AJ_refused")
    sender.send_all()
    for job_id in ("AJ_waits", "AJ_refused"):
        put(outbox, job_id, Kind.CHECKPOINT)
    put(outbox, "AJ_waits")
    sender.send_all()
    assert len(zelto.requests) == 2
    assert [name for name in names(outbox) if "checkpoint" in name] == []


def test_it_is_masked_as_the_whole_is(zelto: Zelto, outbox: Outbox) -> None:
    forwarder = Forwarder(
        url=zelto.url,
        key=KEY,
        outbox=outbox.folder,
        checkpoint_seconds=0.02,
        redact=lambda item: item | {"content": ["****"]},
    )
    path = outbox.path_of("AJ_masked", Kind.CHECKPOINT)

    async def talk() -> None:
        forwarder.watch(Context("AJ_masked", "hello", has_report=False))
        await until(path, b"****")

    asyncio.run(talk())
    assert b"hello" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_silent_session_is_written_once(forwarder: Forwarder, outbox: Outbox) -> None:
    path = outbox.path_of("AJ_silent", Kind.CHECKPOINT)

    async def wait() -> tuple[int, int]:
        forwarder.watch(Context("AJ_silent", "hello", has_report=False))
        await until(path, b"hello")
        first = path.stat().st_ino
        for _ in range(10):
            await asyncio.sleep(0.02)
        return first, path.stat().st_ino

    first, last = asyncio.run(wait())
    assert first == last


def test_one_that_was_about_to_be_written_at_the_end_is_not(
    forwarder: Forwarder, outbox: Outbox
) -> None:
    """Else it would come after the whole session, and be sent for a dead job's."""
    ctx = Context("AJ_late", "hello", has_report=False)
    checkpoints = Checkpoints(forwarder.settings(), "AJ_late")
    checkpoints.end()
    checkpoints._write(body_so_far(ctx, "agent"))
    assert not outbox.path_of("AJ_late", Kind.CHECKPOINT).exists()


def test_without_seconds_nothing_is_written(zelto: Zelto, outbox: Outbox) -> None:
    forwarder = Forwarder(url=zelto.url, key=KEY, outbox=outbox.folder)

    async def watch() -> set[object]:
        forwarder.watch(Context("AJ_unwatched", "hello"))
        return {
            task for task in asyncio.all_tasks() if task is not asyncio.current_task()
        }

    assert asyncio.run(watch()) == set()


def test_the_lock_of_a_living_job_is_seen_from_another_process(outbox: Outbox) -> None:
    """`flock` belongs to the open file: a second opening of it stands for another process."""
    outbox.make()
    path = outbox.folder / "AJ_1.alive"
    with path.open("wb") as held, path.open("rb") as other:
        fcntl.flock(held.fileno(), fcntl.LOCK_EX)
        with pytest.raises(BlockingIOError):
            fcntl.flock(other.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
