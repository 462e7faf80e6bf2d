"""The folder that carries messages: whole ones, each to one reader, not too many."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import threading
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection

import zelto.celery
from zelto import broker
from zelto.env import broker_settings

assert zelto.celery.app  # brings the scheme `folder`


def connect(data_dir: Path) -> Connection:
    settings = broker_settings(data_dir)
    return Connection(
        settings["CELERY_BROKER_URL"],
        transport_options=settings["CELERY_BROKER_TRANSPORT_OPTIONS"],
    )


def channel_on(data_dir: Path) -> Any:
    (data_dir / "messages").mkdir(exist_ok=True)
    return connect(data_dir).channel()


def message(number: int) -> dict[str, Any]:
    return {"body": str(number), "properties": {}, "headers": {}}


def files_of(data_dir: Path) -> list[Path]:
    return sorted((data_dir / "messages").glob("*.msg"))


@pytest.fixture(autouse=True)
def no_broker_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", "")


def test_a_broker_that_is_away_is_waited_for_however_long():
    assert zelto.celery.app.conf.broker_connection_max_retries is None


def test_it_carries_a_message(tmp_path: Path):
    with connect(tmp_path) as connection:
        queue = connection.SimpleQueue("deliveries")
        queue.put({"delivery": 1})
        assert queue.get(timeout=1).payload == {"delivery": 1}


def test_it_goes_on_when_its_folder_was_emptied(tmp_path: Path):
    with connect(tmp_path) as connection:
        queue = connection.SimpleQueue("deliveries")
        shutil.rmtree(tmp_path / "messages", ignore_errors=True)
        queue.put({"delivery": 1})
        assert queue.get(timeout=1).payload == {"delivery": 1}


def test_it_carries_them_in_order_and_by_queue(tmp_path: Path):
    channel = channel_on(tmp_path)
    for number in range(3):
        channel._put("deliveries", message(number))
    channel._put("background", message(99))
    assert channel._size("deliveries") == 3
    assert [channel._get("deliveries")["body"] for _ in range(3)] == ["0", "1", "2"]
    with pytest.raises(Empty):
        channel._get("deliveries")
    assert channel._get("background")["body"] == "99"


def test_a_half_written_message_harms_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    channel = channel_on(tmp_path)
    channel._put("deliveries", message(1))
    whole = files_of(tmp_path)[0]
    for name, content in {
        "0": b"",
        "1": whole.read_bytes()[:20],
        "2": b"[1, 2]",
        "3": b"\xff\xfe",
    }.items():
        (tmp_path / "messages" / f"000{name}.deliveries.msg").write_bytes(content)
    assert channel._get("deliveries")["body"] == "1"
    assert caplog.text.count("Dropped the unreadable message") == 4
    assert files_of(tmp_path) == []


def test_a_message_has_its_name_only_when_it_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    channel = channel_on(tmp_path)
    seen: list[list[Path]] = []
    write = Path.write_bytes

    def slow_write(path: Path, content: bytes) -> int:
        written = write(path, content[: len(content) // 2])
        seen.append(files_of(tmp_path))
        return written + write(path, content)

    monkeypatch.setattr(Path, "write_bytes", slow_write)
    channel._put("deliveries", message(1))
    assert seen == [[]]
    assert len(files_of(tmp_path)) == 1


def test_a_disk_that_is_full_leaves_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    channel = channel_on(tmp_path)
    before = set((tmp_path / "messages").iterdir())

    def full(path: Path, content: bytes) -> int:
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        channel._put("deliveries", message(1))
    assert set((tmp_path / "messages").iterdir()) == before


def test_it_keeps_the_newest_when_nobody_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(broker, "MESSAGES_KEPT", 5)
    monkeypatch.setattr(broker, "MAX_DRAFT_AGE_SECONDS", -1)
    channel = channel_on(tmp_path)
    lost = tmp_path / "messages" / ".lost"
    lost.touch()
    channel._put("background", message(0))
    for number in range(12):
        channel._put("deliveries", message(number))
    assert [channel._get("deliveries")["body"] for _ in range(5)] == [
        *("7", "8", "9", "10", "11")
    ]
    assert channel._size("background") == 1
    assert not lost.exists()


def test_a_half_written_table_is_written_anew(tmp_path: Path):
    table = tmp_path / "messages" / "control" / "deliveries.exchange"
    channel = channel_on(tmp_path)
    channel._queue_bind("deliveries", "deliveries", "", "deliveries")
    table.write_text('[["deliv')
    channel._queue_bind("deliveries", "deliveries", "", "deliveries")
    assert json.loads(table.read_text()) == [["deliveries", "", "deliveries"]]


def test_a_deleted_queue_is_bound_no_more(tmp_path: Path):
    channel = channel_on(tmp_path)
    channel._put("deliveries", message(1))
    channel._queue_bind("deliveries", "deliveries", "", "deliveries")
    channel._delete("deliveries", "deliveries", "deliveries", "")
    assert channel.get_table("deliveries") == []
    assert channel._size("deliveries") == 0


def test_bindings_made_at_once_are_all_kept(tmp_path: Path):
    channel = channel_on(tmp_path)
    threads = [
        threading.Thread(
            target=channel._queue_bind, args=["many", str(number), "", str(number)]
        )
        for number in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(channel.get_table("many")) == 20


def put_many(data_dir: Path, first: int, count: int) -> None:
    channel = channel_on(data_dir)
    for number in range(first, first + count):
        channel._put("deliveries", message(number))


def get_until_told(data_dir: Path, done: Any, found: Any) -> None:
    channel = channel_on(data_dir)
    while True:
        finished = done.is_set()
        try:
            found.put(int(channel._get("deliveries")["body"]))
        except Empty:
            if finished:
                return


@pytest.mark.processes
def test_each_message_reaches_exactly_one_of_many_readers(tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    done, found = context.Event(), context.Queue()
    readers = [
        context.Process(target=get_until_told, args=[tmp_path, done, found])
        for _ in range(2)
    ]
    writers = [
        context.Process(target=put_many, args=[tmp_path, first, 150])
        for first in (0, 1000)
    ]
    for process in [*readers, *writers]:
        process.start()
    for process in writers:
        process.join()
    done.set()
    numbers = [found.get(timeout=30) for _ in range(300)]
    for process in readers:
        process.join()
        assert process.exitcode == 0
    assert sorted(numbers) == [*range(150), *range(1000, 1150)]
    assert found.empty()
