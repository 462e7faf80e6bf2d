"""All checks, one after another."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from pathlib import Path

from zelto_livekit.doctor.connection import (
    check_connection,
    check_test_session,
    number_of,
)
from zelto_livekit.doctor.findings import Finding, Level, failure, fine, warning
from zelto_livekit.doctor.folder import check_folder
from zelto_livekit.doctor.worker_file import check_worker_file
from zelto_livekit.settings import Settings

OLDEST_SDK = (1, 4)
NEWEST_SDK = (2, 0)


def examine(
    settings: Settings, worker_file: Path | None, *, send_test: bool = True
) -> Iterator[Finding]:
    """Yield what each check found; what cannot be checked without another is left out."""
    for fault in settings.faults:
        yield failure(fault)
    version = sdk_version()
    yield of_sdk(version)
    if settings.url and settings.key:
        can_send = True
        for finding in check_connection(settings):
            can_send &= finding.level is not Level.FAILURE
            yield finding
        if can_send and send_test:
            yield from check_test_session(settings)
    yield from check_folder(settings)
    if worker_file is not None:
        yield from check_worker_file(worker_file, number_of(version or ""))
    else:
        yield warning(
            "Where the hook is was not checked: name the worker's file, as in "
            "zelto-livekit doctor worker.py."
        )


def sdk_version() -> str | None:
    """Return the version of livekit-agents here, None where there is none."""
    try:
        return importlib.metadata.version("livekit-agents")
    except importlib.metadata.PackageNotFoundError:
        return None


def of_sdk(version: str | None) -> Finding:
    """Say whether the package works with this livekit-agents."""
    if version is None:
        return failure(
            "livekit-agents is not installed for this Python. Run the doctor in the "
            "environment of the worker."
        )
    numbers = number_of(version)
    if numbers < OLDEST_SDK:
        return failure(
            f"livekit-agents {version} is older than 1.4: update it, or use the single file "
            "that Zelto's LiveKit page shows."
        )
    if numbers[:2] > NEWEST_SDK:
        return warning(
            f"livekit-agents {version} is newer than what this was tried with."
        )
    return fine(f"livekit-agents {version} is known to work.")
