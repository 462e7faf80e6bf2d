"""What becomes of what waits, with a real server at the other end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.zelto.free_port import free_port
from worker_tests.outboxes import names, put
from worker_tests.stand_in import (
    Says,
    Step,
    Zelto,
    babble,
    drip,
    hang,
    hang_up,
    reset,
)
from zelto_livekit import client
from zelto_livekit import sender as sending
from zelto_livekit.outbox import Kind, Outbox
from zelto_livekit.sender import Sender
from zelto_livekit.settings import Settings


def audio(
    outbox: Outbox, tmp_path: Path, job_id: str, content: bytes = b"OggS"
) -> Path:
    recording = tmp_path / f"{job_id}.ogg"
    recording.write_bytes(content)
    return outbox.keep_audio(job_id, recording, 1764424000.5)


def test_what_waits_is_sent_the_oldest_first_and_then_gone(
    zelto: Zelto, sender: Sender, outbox: Outbox
) -> None:
    for age, job_id in enumerate(["AJ_new", "AJ_old", "AJ_oldest"]):
        put(outbox, job_id)
        os.utime(outbox.path_of(job_id, Kind.SESSION), (0, time.time() - 60 * age))
    assert sender.send_all().sent == 3
    assert list(zelto.calls) == ["AJ_oldest", "AJ_old", "AJ_new"]
    assert names(outbox) == []


def test_each_request_tells_who_sends_it_and_what_waits(
    zelto: Zelto, settings: Settings, outbox: Outbox
) -> None:
    put(outbox, "AJ_1")
    put(outbox, "AJ_2")
    Sender(replace(settings, worker_host="rack-7"), outbox).send_all()
    headers = zelto.requests[0].headers
    assert headers["User-Agent"].startswith("zelto-livekit/0.")
    assert "livekit-agents " in headers["User-Agent"]
    assert headers["Zelto-Worker-Host"] == "rack-7"
    assert headers["Zelto-Outbox-Waiting"] == "1"
    assert headers["Zelto-Outbox-Refused"] == "0"
    assert headers["X-Zelto-Provider"] == "livekit"
    put(outbox, "AJ_3")
    Sender(replace(settings, worker_host=None), outbox).send_all()
    assert "Zelto-Worker-Host" not in zelto.requests[-1].headers


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422])
def test_what_zelto_refuses_is_kept_with_its_answer_and_never_tried_again(
    zelto: Zelto,
    sender: Sender,
    outbox: Outbox,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    fault = {"path": "call.externalId", "detail": "must be at most 255 characters"}
    detail = {"detail": "1 field does not fit.", "errors": [fault]}
    zelto.answers(Says(status, json.dumps(detail)))
    put(outbox, "AJ_1")
    assert sender.send_all().refused == 1
    assert names(outbox) == ["refused/AJ_1.json", "refused/AJ_1.json.answer"]
    assert "1 field does not fit. call.externalId: must be" in caplog.text
    assert sender.send_all().refused == 0
    assert len(zelto.requests) == 1


@pytest.mark.parametrize(
    "step",
    [
        *(
            Says(status, "{}")
            for status in (301, 401, 403, 404, 405, 429, 502, 503, 504)
        ),
        *(Says(200, "<h1>Welcome</h1>"), hang, reset, hang_up, babble, drip),
    ],
    ids=lambda step: str(getattr(step, "status", getattr(step, "__name__", ""))),
)
def test_what_no_other_would_get_through_either_ends_the_pass(
    zelto: Zelto,
    sender: Sender,
    outbox: Outbox,
    monkeypatch: pytest.MonkeyPatch,
    step: Step,
) -> None:
    monkeypatch.setattr(sending, "PATIENT_SECONDS", 0.5)
    zelto.answers(step)
    for job_id in ("AJ_1", "AJ_2", "AJ_3"):
        put(outbox, job_id)
    result = sender.send_all()
    assert (result.sent, result.refused, result.failed) == (0, 0, 1)
    assert result.not_now is not None
    assert result.not_now.sentence
    assert not sender.backoff.is_over
    assert len(names(outbox)) == 3
    zelto.over.set()
    zelto.answers(None)
    monkeypatch.setattr(sending, "PATIENT_SECONDS", 30.0)
    assert sender.send_all().sent == 3


def test_it_says_that_nothing_listens(settings: Settings, outbox: Outbox) -> None:
    put(outbox, "AJ_1")
    port = free_port()
    away = replace(settings, url=f"http://127.0.0.1:{port}")
    result = Sender(away, outbox).send_all()
    assert result.not_now is not None
    assert result.not_now.sentence == f"nothing listens at 127.0.0.1:{port}"
    assert names(outbox) == ["AJ_1.json"]


def test_one_that_fails_each_time_holds_up_no_other(
    zelto: Zelto, sender: Sender, outbox: Outbox
) -> None:
    zelto.step = lambda request: Says(500, "{}") if b"poison" in request.body else None
    for job_id in ("AJ_poison1", "AJ_poison2", "AJ_1", "AJ_2"):
        put(outbox, job_id)
    result = sender.send_all()
    assert (result.sent, result.failed, result.not_now) == (2, 2, None)
    before = len(zelto.requests)
    assert sender.send_all().failed == 0  # not yet again
    assert len(zelto.requests) == before


def test_after_three_failures_in_a_row_it_leaves_zelto_alone(
    zelto: Zelto, sender: Sender, outbox: Outbox
) -> None:
    zelto.answers(Says(500, "{}"))
    for number in range(10):
        put(outbox, f"AJ_{number}")
    sender.send_all()
    assert len(zelto.requests) == 3
    assert not sender.backoff.is_over


def test_it_waits_as_long_as_zelto_asks_for(
    zelto: Zelto, sender: Sender, outbox: Outbox
) -> None:
    zelto.answers(Says(429, "{}", {"Retry-After": "900"}))
    put(outbox, "AJ_1")
    sender.send_all()
    assert sender.backoff.until - time.monotonic() == pytest.approx(900, abs=5)


def test_waits_grow_and_have_an_end() -> None:
    backoff = sending.Backoff()
    waits = []
    for _ in range(50):
        backoff.failed(0.0)
        waits.append(backoff.until - time.monotonic())
    assert 0.9 <= waits[0] <= 2.0
    assert min(waits[-30:]) >= 140
    assert max(waits) <= 300
    assert len(set(waits[-30:])) > 1  # no two workers in step


def test_a_recording_goes_after_its_session_with_its_digest(
    zelto: Zelto, sender: Sender, outbox: Outbox, tmp_path: Path
) -> None:
    audio(outbox, tmp_path, "AJ_1", b"O" * 700_000)
    put(outbox, "AJ_1")
    assert sender.send_all().sent == 2
    assert [request.method for request in zelto.requests] == ["POST", "PUT"]
    assert zelto.audio["AJ_1"] == [b"O" * 700_000]
    put_request = zelto.requests[1]
    assert put_request.path == (
        "/v1/calls/livekit/AJ_1/recording"
        "?startedAt=2025-11-29T13%3A46%3A40.500Z&channels=customer,agent"
    )
    assert put_request.headers["Content-Type"] == "audio/ogg"
    assert put_request.headers["Content-Length"] == "700000"
    assert names(outbox) == []


def test_a_recording_waits_while_its_session_does(
    zelto: Zelto, sender: Sender, outbox: Outbox, tmp_path: Path
) -> None:
    zelto.step = lambda request: Says(500, "{}") if request.method == "POST" else None
    put(outbox, "AJ_1")
    audio(outbox, tmp_path, "AJ_1")
    sender.send_all()
    assert [request.method for request in zelto.requests] == ["POST"]


def test_a_recording_of_an_unknown_call_waits_for_a_day_and_is_then_put_aside(
    zelto: Zelto, sender: Sender, outbox: Outbox, tmp_path: Path
) -> None:
    path = audio(outbox, tmp_path, "AJ_1")
    assert sender.send_all().failed == 1
    assert path.exists()
    os.utime(path, (0, time.time() - 25 * 3600))
    assert sender.send_all(is_patient=False).refused == 1
    written = json.loads((outbox.refused / f"{path.name}.answer").read_text())
    assert written["status"] == 404


@pytest.mark.parametrize("status", [400, 413])
def test_a_recording_that_is_refused_says_so_before_it_has_been_read(
    zelto: Zelto, sender: Sender, outbox: Outbox, tmp_path: Path, status: int
) -> None:
    zelto.step = lambda _request: Says(status, '{"detail": "It is too large."}')
    audio(outbox, tmp_path, "AJ_1", b"O" * 3_000_000)
    assert sender.send_all().refused == 1


def test_two_senders_of_one_folder_send_nothing_twice(
    zelto: Zelto, settings: Settings, outbox: Outbox
) -> None:
    for number in range(100):
        put(outbox, f"AJ_{number}")
    senders = [Sender(settings, outbox) for _ in range(4)]
    threads = [threading.Thread(target=one.send_all) for one in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(bodies) for bodies in zelto.calls.values()) == [1] * 100
    assert names(outbox) == []


def test_it_ends_in_time_and_leaves_the_rest(
    zelto: Zelto, sender: Sender, outbox: Outbox
) -> None:
    def slow(_request: object) -> None:
        time.sleep(0.1)

    zelto.step = slow
    for number in range(50):
        put(outbox, f"AJ_{number}")
    began = time.monotonic()
    result = sender.send_all(stop=began + 0.5)
    assert 0 < result.sent < 10
    assert time.monotonic() - began < 15.0


def test_a_revoked_key_loses_nothing_and_a_new_one_sends_all(
    zelto: Zelto, settings: Settings, outbox: Outbox
) -> None:
    for number in range(3):
        put(outbox, f"AJ_{number}")
    revoked = Sender(replace(settings, key="zelto_revoked"), outbox)
    result = revoked.send_all()
    assert result.not_now is not None
    assert result.not_now.sentence == "401: This key is unknown."
    assert len(zelto.requests) == 1  # and not once for each
    assert len(names(outbox)) == 3
    assert Sender(settings, outbox).send_all().sent == 3


MANY = int(os.environ.get("WORKER_OUTBOX", "500"))


def test_a_large_outbox_is_sent_by_several_processes_each_session_once(
    zelto: Zelto, settings: Settings, outbox: Outbox
) -> None:
    for number in range(MANY):
        put(outbox, f"AJ_{number}")
    began = time.monotonic()
    assert outbox.count() == (MANY, 0)
    counted = time.monotonic() - began
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "ZELTO_URL": zelto.url,
        "ZELTO_API_KEY": settings.key,
        "ZELTO_OUTBOX": str(outbox.folder),
    }
    command = [sys.executable, "-m", "zelto_livekit", "flush"]
    flushes = [
        subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603
        for _ in range(2)
    ]
    for one in flushes:
        one.wait(600)
    print(  # noqa: T201 - shown with -s
        f"\n{MANY} sessions: counted in {counted:.3f} s, sent by two processes in "
        f"{time.monotonic() - began:.1f} s"
    )
    assert len(zelto.calls) == MANY
    assert {len(bodies) for bodies in zelto.calls.values()} == {1}
    assert names(outbox) == []


def test_no_log_holds_the_key_or_what_was_said(
    zelto: Zelto, sender: Sender, outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    body = json.dumps({"call": {"externalId": "AJ_1"}, "said": "my card is 4111"})
    for step in (
        Says(422, body),
        Says(500, body),
        Says(200, body),
        Says(302, body),
        babble,
    ):
        zelto.answers(step)
        outbox.write("AJ_1", Kind.SESSION, body.encode()).close()
        sender.send_all(is_patient=False)
    assert "4111" not in caplog.text
    assert sender.settings.key not in caplog.text


def test_a_connection_that_rested_too_long_is_opened_again(
    zelto: Zelto, settings: Settings
) -> None:
    zelto.answers(None, hang_up, None)
    body = b'{"call": {"externalId": "AJ_1"}}'
    with client.Client(settings) as one:
        assert one.post_session(body, 2.0).status == 200
        assert one.post_session(body, 2.0).status == 200
    assert len(zelto.requests) == 3
    assert len(zelto.calls["AJ_1"]) == 2


def test_many_go_over_one_connection(
    zelto: Zelto, sender: Sender, outbox: Outbox
) -> None:
    for number in range(20):
        put(outbox, f"AJ_{number}")
    sender.send_all()
    assert zelto.connections == 1
