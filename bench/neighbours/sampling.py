"""The memory of each process while something runs, and what the machine does beside."""

from __future__ import annotations

import os
import threading
import time
from types import TracebackType
from typing import Any, Self

import psutil

from bench.instance import Instance

EVERY = 0.5  # seconds
# Looking for new processes walks all of the machine.
FOUND_EVERY = 3.0
MEGABYTE = 1_000_000
NOISE_SECONDS = 1.0


class MemorySampler:
    """Notes the largest resident size of any process of an instance, by its role."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.peaks: dict[str, float] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.set()
        self._thread.join()

    @property
    def largest(self) -> tuple[str, float]:
        """Return the role and the megabytes of the largest."""
        return max(self.peaks.items(), key=lambda item: item[1], default=("", 0.0))

    def _run(self) -> None:
        known: list[tuple[str, psutil.Process]] = []
        find_at = 0.0
        while not self._ending.wait(EVERY):
            if time.monotonic() >= find_at:
                known = list(self._find())
                find_at = time.monotonic() + FOUND_EVERY
            for role, process in known:
                self._note(role, process)

    def _find(self) -> list[tuple[str, psutil.Process]]:
        found = []
        for process in self.instance.processes():
            try:
                found.append((role_of(process), process))
            except psutil.Error:
                continue  # it has just ended
        return found

    def _note(self, role: str, process: psutil.Process) -> None:
        try:
            size = process.memory_info().rss / MEGABYTE
        except psutil.Error:
            return  # it has just ended
        self.peaks[role] = max(self.peaks.get(role, 0.0), size)


def role_of(process: psutil.Process) -> str:
    """Return what a process of an instance is, by the words of its command.

    Raises:
        psutil.Error: it has ended.
    """
    if process.name() == "postgres":
        return "database"
    words = process.cmdline()
    roles = {
        "granian": "web",
        "beat": "beat",
        "media@localhost": "media",
        "worker": "worker",
        "zelto.embedded": "owner",
    }
    return next((role for word, role in roles.items() if word in words), "other")


def noise() -> dict[str, Any]:
    """Return what else the machine does, while an instance that is measured is idle."""
    return {
        "load_average": os.getloadavg()[0],
        "cpu_busy_share": psutil.cpu_percent(NOISE_SECONDS) / 100,
    }
