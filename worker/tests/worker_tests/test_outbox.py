from __future__ import annotations

import errno
import fcntl
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from worker_tests.outboxes import names, put
from zelto_livekit.answers import Answer
from zelto_livekit.bounds import keep_within_bounds
from zelto_livekit.outbox import Kind, Outbox, locked, take_lock
from zelto_livekit.settings import Settings, read_settings

WORKER = Path(__file__).resolve().parents[2]


def test_what_it_holds_is_for_its_owner_alone(outbox: Outbox) -> None:
    put(outbox, "AJ_1")
    assert outbox.folder.stat().st_mode & 0o777 == 0o700
    assert outbox.refused.stat().st_mode & 0o777 == 0o700
    assert outbox.path_of("AJ_1", Kind.SESSION).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("job_id", ["AJ_1", "../../etc/x", "a.5", "a b/ü", ".hidden"])
def test_any_id_is_read_back_from_its_name(outbox: Outbox, job_id: str) -> None:
    put(outbox, job_id)
    assert len(names(outbox)) == 1
    if not job_id.startswith("."):
        assert [one.job_id for one in outbox.entries()] == [job_id]


def test_a_file_is_locked_from_the_moment_it_has_its_name(outbox: Outbox) -> None:
    path = outbox.path_of("AJ_1", Kind.SESSION)
    with outbox.write("AJ_1", Kind.SESSION, b"{}"), locked(path) as file:
        assert file is None
    with locked(path) as file:
        assert file is not None


def test_a_file_that_was_sent_meanwhile_is_nobodys(outbox: Outbox) -> None:
    put(outbox, "AJ_1")
    path = outbox.path_of("AJ_1", Kind.SESSION)
    with path.open("rb") as opened:
        path.unlink()
        put(outbox, "AJ_1")
        assert not take_lock(opened, path)


def test_a_full_disk_leaves_nothing_behind(outbox: Outbox) -> None:
    """The limit of the process stands for that of the disk."""
    script = """
import resource, sys
from pathlib import Path
from zelto_livekit.outbox import Kind, Outbox
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    Outbox(Path(sys.argv[1])).write("AJ_1", Kind.SESSION, b"x" * 5000)
except OSError as error:
    print(error.errno)
"""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script, str(outbox.folder)],
        env={**os.environ, "PYTHONPATH": str(WORKER), "ZELTO_BACKGROUND": "off"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(errno.EFBIG)
    assert names(outbox) == []


def test_audio_outlives_what_the_sdk_deletes(outbox: Outbox, tmp_path: Path) -> None:
    recording = tmp_path / "audio.ogg"
    recording.write_bytes(b"OggS")
    path = outbox.keep_audio("AJ_1", recording, 1764424000.1234)
    recording.unlink()
    assert path.read_bytes() == b"OggS"
    assert path.stat().st_mode & 0o777 == 0o600
    [entry] = outbox.entries()
    assert (entry.kind, entry.job_id, entry.started_at_ms) == (
        Kind.AUDIO,
        "AJ_1",
        1764424000123,
    )


def test_audio_of_another_disk_is_copied(outbox: Outbox, tmp_path: Path) -> None:
    shared = Path("/dev/shm")  # noqa: S108
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system")
    recording = shared / f"zelto-{os.getpid()}.ogg"
    recording.write_bytes(b"OggS")
    try:
        assert outbox.keep_audio("AJ_1", recording, 1.0).read_bytes() == b"OggS"
    finally:
        recording.unlink()


def test_what_was_refused_lies_beside_its_answer_until_it_is_put_back(
    outbox: Outbox,
) -> None:
    put(outbox, "AJ_1")
    [entry] = outbox.entries()
    outbox.refuse(entry, Answer(422, '{"detail": "1 field does not fit."}'))
    assert names(outbox) == ["refused/AJ_1.json", "refused/AJ_1.json.answer"]
    written = json.loads((outbox.refused / "AJ_1.json.answer").read_text())
    assert written["status"] == 422
    assert written["answer"]["detail"] == "1 field does not fit."
    assert outbox.count() == (0, 1)
    assert outbox.put_back() == 1
    assert names(outbox) == ["AJ_1.json"]


def test_remains_of_killed_processes_are_deleted_after_an_hour(outbox: Outbox) -> None:
    put(outbox, "AJ_said", Kind.CHECKPOINT)
    remains = ("x.tmp", "AJ_dead.alive", "AJ_lives.alive", "AJ_said.alive")
    for name in remains:
        path = outbox.folder / name
        path.touch()
        os.utime(path, (0, time.time() - 3700))
    (outbox.folder / "young.tmp").touch()
    with (outbox.folder / "AJ_lives.alive").open("rb") as held:
        fcntl.flock(held.fileno(), fcntl.LOCK_EX)
        outbox.remove_remains()
    assert names(outbox) == [
        *("AJ_lives.alive", "AJ_said.alive", "AJ_said.checkpoint", "young.tmp"),
    ]


def test_what_is_put_back_is_as_if_it_came_now(outbox: Outbox) -> None:
    put(outbox, "AJ_1")
    os.utime(outbox.path_of("AJ_1", Kind.SESSION), (0, time.time() - 30 * 86400))
    outbox.refuse(outbox.entries()[0], Answer(422))
    outbox.put_back()
    assert keep_within_bounds(outbox, bounded(outbox)) == 0


def bounded(outbox: Outbox, **given: float) -> Settings:
    return read_settings(
        {"url": "http://zelto", "key": "k", "outbox": outbox.folder, **given}
    )


def test_what_is_too_old_is_deleted_and_told(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    for job_id in ("AJ_old", "AJ_new"):
        put(outbox, job_id)
    os.utime(outbox.path_of("AJ_old", Kind.SESSION), (0, time.time() - 3 * 86400))
    assert keep_within_bounds(outbox, bounded(outbox, outbox_max_days=2)) == 1
    assert names(outbox) == ["AJ_new.json"]
    [record] = caplog.records
    assert record.levelname == "ERROR"
    assert "session AJ_old was DELETED" in record.message


def test_over_its_size_audio_goes_first_then_what_was_refused_then_the_oldest(
    outbox: Outbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recording = tmp_path / "audio.ogg"
    recording.write_bytes(b"x" * 1000)
    outbox.keep_audio("AJ_new", recording, 1.0)
    for age, job_id in enumerate(["AJ_new", "AJ_older", "AJ_refused"]):
        outbox.write(job_id, Kind.SESSION, b"x" * 1000).close()
        path = outbox.path_of(job_id, Kind.SESSION)
        os.utime(path, (0, time.time() - 60 * age))
        if job_id == "AJ_refused":
            entry = next(one for one in outbox.entries() if one.path == path)
            outbox.refuse(entry, Answer(422))
    for megabytes, left in [
        (0.0041, {"AJ_new.1000.ogg", "AJ_new.json", "AJ_older.json"}),
        (0.0031, {"AJ_new.json", "AJ_older.json"}),
        (0.0021, {"AJ_new.json", "AJ_older.json"}),
        (0.0011, {"AJ_new.json"}),
    ]:
        keep_within_bounds(outbox, bounded(outbox, outbox_max_mb=megabytes))
        assert {name for name in names(outbox) if "refused" not in name} == left
        assert ("refused/AJ_refused.json" in names(outbox)) == (megabytes > 0.0022)
    assert len([one for one in caplog.records if one.levelname == "ERROR"]) == 3
