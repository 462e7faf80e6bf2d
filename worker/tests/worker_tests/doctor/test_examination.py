"""The doctor before planted faults: what it says, and its exit code."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.private_authority import PrivateAuthority
from tests.tls_front import TlsFront
from tests.zelto.free_port import free_port
from worker_tests.outboxes import names, put
from worker_tests.stand_in import KEY, Says, Zelto
from zelto_livekit import command
from zelto_livekit.answers import Answer
from zelto_livekit.doctor import connection, examination
from zelto_livekit.doctor.folder import check_place
from zelto_livekit.outbox import Kind, Outbox
from zelto_livekit.settings import read_settings

WORKER = """
from zelto_livekit import configure, forward

server = AgentServer()

@server.rtc_session(agent_name="front-desk", on_session_end=forward)
async def entrypoint(ctx):
    pass
"""
Doctor = Callable[..., tuple[int, str]]


@pytest.fixture
def doctor(
    zelto: Zelto,
    outbox: Outbox,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Doctor:
    """Run the command in the environment of a good worker, but for what is planted."""
    file = tmp_path / "worker.py"
    file.write_text(WORKER)
    monkeypatch.setattr(examination, "sdk_version", lambda: "1.8.9")
    monkeypatch.setattr(connection, "SEE_SECONDS", 1.0)
    monkeypatch.setattr(connection, "LOOK_AGAIN", 0.02)
    monkeypatch.setenv("ZELTO_OUTBOX_MAX_MB", "100")

    def run(*arguments: str, worker: str = WORKER, **planted: str) -> tuple[int, str]:
        file.write_text(worker)
        good = {"ZELTO_URL": zelto.url, "ZELTO_API_KEY": KEY}
        environment = {**good, "ZELTO_OUTBOX": str(outbox.folder), **planted}
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        code = command.main(["doctor", str(file), *arguments])
        return code, capsys.readouterr().out

    return run


def failures(said: str) -> list[str]:
    return [line for line in said.splitlines() if line.startswith("FAILURE")]


def the_one_failure(answered: tuple[int, str]) -> str:
    code, said = answered
    assert code == 1, said
    [line] = failures(said)
    assert KEY not in said
    return line


def test_of_a_good_worker_it_says_what_it_looked_at(
    doctor: Doctor, zelto: Zelto
) -> None:
    code, said = doctor()
    assert code == 0, said
    assert failures(said) == []
    for words in (
        *("livekit-agents 1.8.9 is known", "Zelto answers at", "belongs to Northwind"),
        *("The clock agrees", "A test session", "can be written", "Nothing waits"),
        *("sessions are forwarded in on_session_end", "may take 8 seconds"),
    ):
        assert words in said
    [body] = [bodies[0] for bodies in zelto.calls.values()]
    assert body["metadata"]["zeltoTest"] is True
    assert body["agent"]["externalId"] == "zelto-test"


def test_it_sends_nothing_where_it_is_not_to(doctor: Doctor, zelto: Zelto) -> None:
    code, _said = doctor("--no-test-session")
    assert code == 0
    assert zelto.calls == {}


def test_fault_an_address_without_its_scheme(doctor: Doctor) -> None:
    line = the_one_failure(doctor(ZELTO_URL="zelto.example.com"))
    assert "ZELTO_URL is no web address" in line


def test_fault_no_key(doctor: Doctor) -> None:
    assert "ZELTO_API_KEY is not set" in the_one_failure(doctor(ZELTO_API_KEY=""))


def test_fault_nothing_listens(doctor: Doctor) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    line = the_one_failure(doctor(ZELTO_URL=url))
    assert "nothing listens at" in line
    assert "Check ZELTO_URL" in line


def test_fault_a_name_that_is_none(doctor: Doctor) -> None:
    line = the_one_failure(doctor(ZELTO_URL="https://zelto.invalid"))
    assert "could not be resolved" in line


def test_fault_a_certificate_of_an_authority_that_nobody_knows(
    doctor: Doctor, zelto: Zelto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = PrivateAuthority(tmp_path)
    port = urlsplit(zelto.url).port
    assert port is not None
    with TlsFront(port, authority.server()) as front:
        url = f"https://127.0.0.1:{front.port}"
        line = the_one_failure(doctor(ZELTO_URL=url))
        assert "was not accepted" in line
        assert "SSL_CERT_FILE" in line
        code, said = doctor(ZELTO_URL=url, SSL_CERT_FILE=str(authority.file))
        assert code == 0, said


def test_fault_a_key_that_was_revoked(doctor: Doctor, zelto: Zelto) -> None:
    zelto.answers(Says(401, '{"detail": "This key was revoked on 24 November."}'))
    line = the_one_failure(doctor())
    assert "This key was revoked on 24 November." in line
    assert "ZELTO_API_KEY" in line


def test_fault_a_key_that_may_only_read(doctor: Doctor, zelto: Zelto) -> None:
    zelto.check = {"scope": "read"}
    assert "may only read" in the_one_failure(doctor())


def test_fault_a_clock_ten_minutes_slow(doctor: Doctor, zelto: Zelto) -> None:
    ahead = time.gmtime(time.time() + 600)
    zelto.check = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", ahead)}
    line = the_one_failure(doctor())
    assert "600 seconds slow" in line or "599 seconds slow" in line
    assert "NTP" in line


def test_fault_a_redirect_to_https(doctor: Doctor, zelto: Zelto) -> None:
    zelto.answers(
        Says(301, "", {"Location": "https://zelto.example.com/v1/worker-check"})
    )
    assert "redirects to https://zelto.example.com" in the_one_failure(doctor())


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Says(200, "<h1>Sign in</h1>"), "is not Zelto"),
        (Says(404, "<h1>Not found</h1>"), "knows no /v1/worker-check"),
        (Says(502, "<h1>Bad gateway</h1>"), "Zelto answers with 502"),
    ],
)
def test_fault_something_else_answers(
    doctor: Doctor, zelto: Zelto, step: Says, words: str
) -> None:
    zelto.answers(step)
    assert words in the_one_failure(doctor())


def test_fault_an_outbox_that_cannot_be_written(doctor: Doctor, tmp_path: Path) -> None:
    blocked = tmp_path / "a-file"
    blocked.touch()
    line = the_one_failure(doctor(ZELTO_OUTBOX=str(blocked / "outbox")))
    assert "cannot be written (Not a directory)" in line
    assert "ZELTO_OUTBOX" in line


def test_fault_less_room_than_the_outbox_may_take(doctor: Doctor) -> None:
    code, said = doctor(ZELTO_OUTBOX_MAX_MB="1e9")
    assert code == 0
    assert "less than the outbox may take" in said


def test_fault_a_folder_that_goes_with_the_container(outbox: Outbox) -> None:
    outbox.make()
    settings = read_settings(
        {"url": "http://zelto", "key": "k", "outbox": outbox.folder}
    )
    said = [str(one) for one in check_place(settings, {"/": "overlay"})]
    assert any("does not outlive the container (overlay)" in one for one in said)
    mounted = {"/": "overlay", str(outbox.folder.resolve().parent): "ext4"}
    assert not any("outlive" in str(one) for one in check_place(settings, mounted))


def test_fault_sessions_that_wait(doctor: Doctor, outbox: Outbox) -> None:
    put(outbox, "AJ_left")
    os.utime(outbox.path_of("AJ_left", Kind.SESSION), (0, time.time() - 7200))
    code, said = doctor()
    assert code == 0
    assert (
        "1 sessions and 0 recordings wait, the oldest for 2.0 hours (AJ_left)" in said
    )
    assert "zelto-livekit flush" in said


def test_fault_sessions_that_were_refused(doctor: Doctor, outbox: Outbox) -> None:
    put(outbox, "AJ_refused")
    outbox.refuse(
        outbox.entries()[0], Answer(422, '{"detail": "1 field does not fit."}')
    )
    line = the_one_failure(doctor())
    assert "AJ_refused: 422 1 field does not fit." in line
    assert "zelto-livekit retry" in line


@pytest.mark.parametrize(
    ("version", "words"),
    [("1.3.12", "older than 1.4"), (None, "is not installed for this Python")],
)
def test_fault_another_livekit(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, version: str | None, words: str
) -> None:
    monkeypatch.setattr(examination, "sdk_version", lambda: version)
    assert words in the_one_failure(doctor())


@pytest.mark.parametrize(
    ("state", "words"),
    [("unknown", "does not find it"), ("failed", "could not make a conversation")],
)
def test_fault_a_test_session_that_does_not_arrive(
    doctor: Doctor, zelto: Zelto, state: str, words: str
) -> None:
    zelto.check = {"call": {"state": state}}
    assert words in the_one_failure(doctor())


def test_fault_a_test_session_that_is_not_processed(
    doctor: Doctor, zelto: Zelto
) -> None:
    zelto.check = {"call": {"state": "processing"}}
    code, said = doctor()
    assert code == 0
    assert "is not processed after" in said


def test_fault_an_older_package_than_zelto_serves(doctor: Doctor, zelto: Zelto) -> None:
    url = f"{zelto.url}/worker/zelto_livekit-9.0.0-py3-none-any.whl"
    zelto.check = {"worker": {"version": "9.0.0", "sha256": "x", "url": url}}
    code, said = doctor()
    assert code == 0
    assert f"pip install {url}" in said


def test_it_leaves_the_outbox_as_it_was(doctor: Doctor, outbox: Outbox) -> None:
    put(outbox, "AJ_left")
    doctor()
    assert names(outbox) == ["AJ_left.json"]
