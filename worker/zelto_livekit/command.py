"""The command `zelto-livekit`: doctor, flush, retry."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import zelto_livekit
from zelto_livekit.doctor.examination import examine
from zelto_livekit.doctor.findings import Level
from zelto_livekit.outbox import Outbox
from zelto_livekit.sender import Sender
from zelto_livekit.settings import Settings, read_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code: 0 where there is nothing to change."""
    args = parser().parse_args(arguments)
    zelto_livekit.leave_the_outbox_to_others()
    given = {"url": args.url, "outbox": args.outbox}
    settings = read_settings({name: value for name, value in given.items() if value})
    if args.command == "doctor":
        return doctor(settings, args.worker_file, send_test=not args.no_test_session)
    if settings.faults:
        print(" ".join(settings.faults))
        return 2
    if args.command == "retry":
        count = Outbox(settings.outbox).put_back()
        print(f"{count} put back into {settings.outbox}.")
    return flush(settings, args.seconds)


def parser() -> argparse.ArgumentParser:
    """Return what reads the arguments. The key is none of them: others could read it."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--url", help="of Zelto, instead of ZELTO_URL")
    shared.add_argument("--outbox", help="the folder, instead of ZELTO_OUTBOX")
    limited = argparse.ArgumentParser(add_help=False)
    limited.add_argument(
        "--seconds", type=float, default=600.0, help="how long to send (600)"
    )
    made = argparse.ArgumentParser(
        prog="zelto-livekit",
        description="Sends the sessions of a LiveKit worker to Zelto. The key is read from "
        "ZELTO_API_KEY.",
    )
    made.add_argument("--version", action="version", version=zelto_livekit.__version__)
    commands = made.add_subparsers(dest="command", required=True)
    found = commands.add_parser(
        "doctor",
        parents=[shared],
        help="find what keeps sessions from Zelto; the exit code is 1 where something does",
    )
    found.add_argument("worker_file", nargs="?", type=Path, help="where the hook is")
    found.add_argument(
        "--no-test-session", action="store_true", help="send nothing to Zelto"
    )
    commands.add_parser(
        "flush", parents=[shared, limited], help="send now what waits in the outbox"
    )
    commands.add_parser(
        "retry",
        parents=[shared, limited],
        help="send once more what Zelto refused",
    )
    return made


def doctor(settings: Settings, worker_file: Path | None, *, send_test: bool) -> int:
    """Print each finding as it comes, and return 1 where one is a failure."""
    failures = 0
    for finding in examine(settings, worker_file, send_test=send_test):
        print(finding, flush=True)
        failures += finding.level is Level.FAILURE
    return 1 if failures else 0


def flush(settings: Settings, seconds: float) -> int:
    """Send what waits, and return 1 where something is left that should have gone."""
    outbox = Outbox(settings.outbox)
    result = Sender(settings, outbox).send_all(
        stop=time.monotonic() + seconds, is_patient=False
    )
    print(f"{settings.outbox}: {result}.")
    if result.not_now is not None:
        print(f"Zelto takes no more now: {result.not_now.sentence}.")
    return 1 if result.failed or result.refused or outbox.count()[0] else 0
