"""`zelto-livekit flush` and `retry`, as an operator runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from worker_tests.outboxes import names, put
from worker_tests.stand_in import KEY, Says, Zelto
from zelto_livekit import command
from zelto_livekit.outbox import Kind, Outbox
from zelto_livekit.sender import Sender

WORKER = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _of_a_worker(zelto: Zelto, outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZELTO_URL", zelto.url)
    monkeypatch.setenv("ZELTO_API_KEY", KEY)
    monkeypatch.setenv("ZELTO_OUTBOX", str(outbox.folder))


def test_it_sends_what_waits_and_says_how_many(
    zelto: Zelto, outbox: Outbox, capsys: pytest.CaptureFixture[str]
) -> None:
    put(outbox, "AJ_1")
    put(outbox, "AJ_2", Kind.CHECKPOINT)
    assert command.main(["flush"]) == 0
    assert "2 sent, 0 refused, 0 to be tried again" in capsys.readouterr().out
    assert sorted(zelto.calls) == ["AJ_1", "AJ_2"]
    assert names(outbox) == []


def test_it_says_why_zelto_takes_no_more(
    zelto: Zelto, outbox: Outbox, capsys: pytest.CaptureFixture[str]
) -> None:
    zelto.answers(Says(401, '{"detail": "This key was revoked."}'))
    put(outbox, "AJ_1")
    assert command.main(["flush"]) == 1
    assert (
        "Zelto takes no more now: 401: This key was revoked." in capsys.readouterr().out
    )


def test_without_settings_it_names_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ZELTO_API_KEY")
    assert command.main(["flush"]) == 2
    assert "ZELTO_API_KEY is not set" in capsys.readouterr().out


def test_what_was_refused_is_sent_again_only_when_asked(
    zelto: Zelto, sender: Sender, outbox: Outbox
) -> None:
    zelto.answers(Says(422, "{}"))
    put(outbox, "AJ_1")
    sender.send_all()
    zelto.answers(None)
    assert command.main(["flush"]) == 0
    assert zelto.calls == {}
    assert command.main(["retry"]) == 0
    assert list(zelto.calls) == ["AJ_1"]
    assert names(outbox) == []


def test_it_runs_as_a_program_that_takes_no_key_as_an_argument() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "zelto_livekit", "flush", "--help"],
        env={**os.environ, "PYTHONPATH": str(WORKER)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--seconds" in done.stdout
    assert "--key" not in done.stdout
