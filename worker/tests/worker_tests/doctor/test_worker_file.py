"""What the doctor reads in a worker's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from zelto_livekit.doctor.findings import Finding, Level
from zelto_livekit.doctor.worker_file import check_worker_file

NEW = (1, 8, 9)
GOOD = """
from zelto_livekit import forward
@server.rtc_session(agent_name="front-desk", on_session_end=forward)
async def entrypoint(ctx): ...
"""
FORWARDER = """
import zelto_livekit
from zelto_livekit import Forwarder
forwarder = Forwarder(url="https://zelto.example.com")
server.rtc_session(entrypoint, on_session_end=forwarder.forward)
"""
IN_ANOTHER_FUNCTION = """
from zelto_livekit import forward
async def at_end(ctx):
    await forward(ctx)
    await say_goodbye(ctx)
@server.rtc_session(on_session_end=at_end)
async def entrypoint(ctx): ...
"""
BY_MODULE = """
import zelto_livekit
@server.rtc_session(on_session_end=zelto_livekit.forward)
async def entrypoint(ctx): ...
"""
AS_CALLBACK = """
from zelto_livekit import forward
async def entrypoint(ctx):
    ctx.add_shutdown_callback(forward)
cli.run_app(WorkerOptions(entrypoint_fnc=entrypoint))
"""


def findings(tmp_path: Path, text: str, sdk: tuple[int, ...] = NEW) -> list[Finding]:
    file = tmp_path / "worker.py"
    file.write_text(text)
    return list(check_worker_file(file, sdk))


def failures(found: list[Finding]) -> list[str]:
    return [one.text for one in found if one.level is Level.FAILURE]


@pytest.mark.parametrize("text", [GOOD, FORWARDER, IN_ANOTHER_FUNCTION, BY_MODULE])
def test_it_finds_the_hook_however_it_is_handed_over(tmp_path: Path, text: str) -> None:
    found = findings(tmp_path, text)
    assert failures(found) == []
    assert any("are forwarded in on_session_end" in one.text for one in found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace(", on_session_end=forward", ""), "does not forward its sessions"),
        ("@server.rtc_session\nasync def entrypoint(ctx): ...", "does not forward"),
        (GOOD.replace("=forward)", "=forward())"), "forward() is called there"),
        (GOOD.replace("=forward)", "=other)"), "is another function"),
        (
            AS_CALLBACK.replace("(forward)", "(functools.partial(forward, ctx))"),
            "takes no functools.partial",
        ),
        ("x = 1", "has no rtc_session"),
        ("def (", "is no Python file"),
    ],
)
def test_it_says_where_the_hook_is_not(tmp_path: Path, text: str, words: str) -> None:
    said = failures(findings(tmp_path, text))
    assert any(words in one for one in said), said


def test_it_would_rather_have_it_at_the_end_of_the_session(tmp_path: Path) -> None:
    found = findings(tmp_path, AS_CALLBACK)
    assert failures(found) == []
    [warned] = [one for one in found if one.level is Level.WARNING]
    assert "Add on_session_end=forward" in warned.text


@pytest.mark.parametrize(
    ("server", "sdk", "words"),
    [
        (
            "AgentServer(session_end_timeout=5)",
            NEW,
            "cut after 5 (session_end_timeout)",
        ),
        (
            "AgentServer(shutdown_process_timeout=5)",
            (1, 4, 6),
            "cut after 5 (shutdown_pro",
        ),
        ("AgentServer(shutdown_process_timeout=5)", NEW, ""),
        ("configure(try_for=400)", NEW, "may take 400 seconds"),
        ("configure(try_for=20)", (1, 4, 6), "may take 20 seconds"),
    ],
)
def test_it_counts_the_time_that_the_sdk_gives(
    tmp_path: Path, server: str, sdk: tuple[int, ...], words: str
) -> None:
    said = failures(findings(tmp_path, GOOD + server, sdk))
    assert bool(said) == bool(words)
    assert words in "".join(said)


def test_it_sees_a_configuration_that_no_job_gets(tmp_path: Path) -> None:
    text = "from zelto_livekit import configure\n" + GOOD
    inside = 'if __name__ == "__main__":\n    configure(checkpoint_seconds=30)\n'
    said = failures(findings(tmp_path, text + inside))
    assert any(
        "configure() runs only in the worker's own process" in one for one in said
    )
    assert any("watch(ctx) is called nowhere" in one for one in said)
    watched = text.replace("ctx): ...", "ctx):\n    watch(ctx)")
    assert (
        failures(findings(tmp_path, watched + "configure(checkpoint_seconds=30)")) == []
    )
