"""Processes of our own that read files of unknown origin: without secrets, within limits.

Imports nothing of Django's: those processes use it, too.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Iterable
from contextlib import suppress

# What Python needs to start: where programs and libraries are, how text is written.
NEEDED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PYTHONPATH")


def environment(*further: str) -> dict[str, str]:
    """Return the environment of a child: what it needs of ours, and nothing else, so
    that no secret of the settings is in it.

    further: names of variables that it needs too; `HF_*` stands for all that begin so.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if name in NEEDED or _is_among(name, further)
    }


def _is_among(name: str, names: Iterable[str]) -> bool:
    return any(
        name.startswith(one[:-1]) if one.endswith("*") else name == one for one in names
    )


def limit(*, memory_bytes: int, cpu_seconds: int, file_bytes: int) -> None:
    """Bound this process for good, where the system has such limits.

    memory_bytes: of addresses. file_bytes: of each file that it writes.
    """
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_CPU, cpu_seconds)
    _limit(resource.RLIMIT_FSIZE, file_bytes)
    _limit(resource.RLIMIT_CORE, 0)  # what a crash leaves would be others' audio


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with suppress(ValueError, OSError):  # not every system has every limit
        resource.setrlimit(kind, (most, most))
