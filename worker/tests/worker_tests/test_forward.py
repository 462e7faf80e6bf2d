"""The hook at the end of a session, with all that may go wrong around it."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.zelto.free_port import free_port
from worker_tests.contexts import Context
from worker_tests.outboxes import names, put
from worker_tests.stand_in import KEY, Says, Zelto, hang
from zelto_livekit.background import Background
from zelto_livekit.forwarder import Forwarder
from zelto_livekit.outbox import Kind, Outbox


@pytest.fixture(autouse=True)
def _no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZELTO_BACKGROUND", "off")


@pytest.fixture
def forwarder(zelto: Zelto, outbox: Outbox) -> Forwarder:
    return Forwarder(url=zelto.url, key=KEY, outbox=outbox.folder, try_for=2.0)


def forward(forwarder: Forwarder, ctx: Any) -> float:
    """Run the hook as the SDK does, and return how long it took, in seconds."""
    began = time.monotonic()
    asyncio.run(forwarder.forward(ctx))
    return time.monotonic() - began


def body_in(outbox: Outbox, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        outbox.path_of(job_id, Kind.SESSION).read_bytes()
    )
    return found


def test_a_session_is_sent_and_leaves_nothing(
    zelto: Zelto, forwarder: Forwarder, outbox: Outbox
) -> None:
    forward(forwarder, Context("AJ_sent", "hello"))
    [body] = zelto.calls["AJ_sent"]
    assert body["agent"] == {"externalId": "livekit-agent"}
    assert body["call"] == {
        "externalId": "AJ_sent",
        "startedAt": 1764424000.0,
        "endedAt": 1764424060.0,
        "endedReason": "error",
    }
    report = body["sessionReport"]
    assert report["chat_history"]["items"][0]["content"] == ["hello"]
    assert report["events"] is None
    assert report["audio_recording_path"] is None
    assert names(outbox) == []


def test_a_job_that_hooks_in_twice_sends_once(
    zelto: Zelto, forwarder: Forwarder
) -> None:
    ctx = Context("AJ_twice", "hello")
    forward(forwarder, ctx)
    forward(forwarder, ctx)
    assert len(zelto.calls["AJ_twice"]) == 1


def test_as_a_shutdown_callback_it_asks_the_sdk_for_the_job(
    zelto: Zelto, forwarder: Forwarder, monkeypatch: pytest.MonkeyPatch
) -> None:
    agents = ModuleType("livekit.agents")
    found = {"get_job_context": lambda: Context("AJ_callback", "hello")}
    agents.__dict__.update(found)
    monkeypatch.setitem(sys.modules, "livekit", ModuleType("livekit"))
    monkeypatch.setitem(sys.modules, "livekit.agents", agents)
    forward(forwarder, "room disconnected")
    assert len(zelto.calls["AJ_callback"]) == 1


@pytest.mark.parametrize("steps", [(Says(503, "{}"), None), (Says(500, "{}"), None)])
def test_it_tries_again_within_its_time(
    zelto: Zelto, forwarder: Forwarder, outbox: Outbox, steps: tuple[Any, ...]
) -> None:
    zelto.answers(*steps)
    forward(forwarder, Context(f"AJ_again_{steps[0].status}", "hello"))
    assert len(zelto.requests) == 2
    assert names(outbox) == []


def test_while_zelto_is_away_the_session_waits(
    zelto: Zelto, outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    away = Forwarder(
        url=f"http://127.0.0.1:{port}", key=KEY, outbox=outbox.folder, try_for=1.0
    )
    assert forward(away, Context("AJ_away", "hello")) < 3.0
    assert names(outbox) == ["AJ_away.json"]
    assert "session AJ_away waits in the outbox: nothing listens at" in caplog.text


def test_a_zelto_that_hangs_is_waited_for_no_longer_than_was_set(
    zelto: Zelto, outbox: Outbox
) -> None:
    zelto.answers(hang)
    slow = Forwarder(url=zelto.url, key=KEY, outbox=outbox.folder, try_for=1.0)
    assert forward(slow, Context("AJ_hangs", "hello")) < 2.5
    assert names(outbox) == ["AJ_hangs.json"]


def test_where_a_worker_process_tries_on_the_job_tries_once(
    zelto: Zelto, forwarder: Forwarder, outbox: Outbox
) -> None:
    background = Background(forwarder.settings)
    assert background.look() is None  # it has the folder from now on
    zelto.answers(Says(503, "{}"))
    assert forward(forwarder, Context("AJ_tended", "hello")) < 1.0
    assert len(zelto.requests) == 1
    zelto.answers(None)
    result = background.look()
    assert result is not None
    assert result.sent == 1
    assert names(outbox) == []
    background.stop()


def test_what_is_too_slow_for_a_job_is_sent_by_the_worker_process(
    zelto: Zelto, outbox: Outbox
) -> None:
    slow = Forwarder(url=zelto.url, key=KEY, outbox=outbox.folder, try_for=0.5)
    background = Background(slow.settings)
    background.look()
    zelto.step = lambda _request: time.sleep(1.0)
    forward(slow, Context("AJ_slow", "hello"))
    assert names(outbox) == ["AJ_slow.json"]
    result = background.look()
    assert result is not None
    assert result.sent == 1
    assert names(outbox) == []
    background.stop()


def test_the_next_job_sends_what_was_left(
    zelto: Zelto, forwarder: Forwarder, outbox: Outbox
) -> None:
    put(outbox, "AJ_left")
    forward(forwarder, Context("AJ_next", "hello"))
    assert list(zelto.calls) == ["AJ_next", "AJ_left"]
    assert names(outbox) == []


def test_without_a_worker_process_the_job_sends_its_recording_itself(
    zelto: Zelto, forwarder: Forwarder, outbox: Outbox, tmp_path: Path
) -> None:
    recording = tmp_path / "audio.ogg"
    recording.write_bytes(b"OggS")
    forward(forwarder, Context("AJ_heard", "hello", recording=recording))
    assert zelto.audio["AJ_heard"] == [b"OggS"]
    assert names(outbox) == []


def test_what_zelto_refuses_is_put_aside_and_told(
    zelto: Zelto, forwarder: Forwarder, outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    zelto.answers(Says(422, '{"detail": "1 field does not fit."}'))
    forward(forwarder, Context("AJ_refused", "hello"))
    assert names(outbox) == [
        "refused/AJ_refused.json",
        "refused/AJ_refused.json.answer",
    ]
    assert "Zelto refused the session AJ_refused" in caplog.text


def test_without_a_key_the_session_waits_and_the_log_says_for_what(
    zelto: Zelto, outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    forward(
        Forwarder(url=zelto.url, outbox=outbox.folder), Context("AJ_keyless", "hello")
    )
    assert names(outbox) == ["AJ_keyless.json"]
    assert "ZELTO_API_KEY is not set in this process." in caplog.text


@pytest.mark.parametrize("key", [KEY, ""])
def test_what_cannot_be_sent_stays_within_its_bounds(
    outbox: Outbox, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    outbox.write("AJ_oldest", Kind.SESSION, b"x" * 5000).close()
    os.utime(outbox.path_of("AJ_oldest", Kind.SESSION), (0, time.time() - 60))
    away = Forwarder(
        url=f"http://127.0.0.1:{free_port()}",
        key=key,
        outbox=outbox.folder,
        try_for=0.5,
        outbox_max_mb=0.005,
    )
    forward(away, Context(f"AJ_bounded{len(key)}", "hello"))
    assert names(outbox) == [f"AJ_bounded{len(key)}.json"]
    assert "session AJ_oldest was DELETED" in caplog.text


@pytest.mark.parametrize("is_up", [True, False])
def test_with_a_broken_outbox_it_is_sent_from_memory(
    zelto: Zelto, tmp_path: Path, caplog: pytest.LogCaptureFixture, is_up: bool
) -> None:
    blocked = tmp_path / "a-file"
    blocked.touch()
    url = zelto.url if is_up else f"http://127.0.0.1:{free_port()}"
    broken = Forwarder(url=url, key=KEY, outbox=blocked / "outbox", try_for=1.0)
    forward(broken, Context(f"AJ_memory_{is_up}", "hello"))
    assert len(zelto.calls) == is_up
    assert "could not be written to" in caplog.text
    assert ("is LOST: nothing listens" in caplog.text) == (not is_up)


def test_a_job_without_a_session_forwards_nothing(
    zelto: Zelto, forwarder: Forwarder, outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    forward(forwarder, Context("AJ_none", has_session=False))
    assert zelto.requests == []
    assert "job AJ_none had no session" in caplog.text


def test_without_a_report_the_history_is_sent(
    zelto: Zelto, forwarder: Forwarder
) -> None:
    forward(forwarder, Context("AJ_unreported", "hello", has_report=False))
    [body] = zelto.calls["AJ_unreported"]
    assert body["sessionReport"]["chat_history"]["items"][0]["content"] == ["hello"]
    assert body["call"]["startedAt"] == 1764424000.0


@pytest.mark.parametrize("ctx", [None, "reason", object()])
def test_it_never_raises(
    forwarder: Forwarder, caplog: pytest.LogCaptureFixture, ctx: Any
) -> None:
    forward(forwarder, ctx)
    assert "was not forwarded" in caplog.text


def test_it_never_blocks_the_loop(zelto: Zelto, forwarder: Forwarder) -> None:
    zelto.answers(hang)

    async def longest_pause() -> float:
        longest, last = 0.0, time.monotonic()
        hook = asyncio.create_task(forwarder.forward(Context("AJ_loop", "hello")))
        while not hook.done():
            await asyncio.sleep(0.005)
            longest, last = max(longest, time.monotonic() - last), time.monotonic()
        return longest

    assert asyncio.run(longest_pause()) < 0.3


def test_it_goes_to_job_processes_without_its_thread(
    zelto: Zelto, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ZELTO_BACKGROUND")
    forwarder = Forwarder(url=zelto.url, key=KEY, outbox=outbox.folder)
    hook = pickle.loads(pickle.dumps(forwarder.forward))  # noqa: S301
    assert hook.__self__._background is None
    assert hook.__code__.co_argcount == 2  # what add_shutdown_callback looks at
    asyncio.run(hook(Context("AJ_pickled", "hello")))
    assert len(zelto.calls["AJ_pickled"]) == 1
    forwarder.stop()
