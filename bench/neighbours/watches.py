"""Looks by `/v1` whether a session is visible, and whether its recording is stored."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from bench.neighbours.client import BrokenAnswer, request
from bench.neighbours.findings import STORED, VISIBLE, Findings

# Looked for at once, then less and less often: looking is a load too.
FIRST_PAUSE = 0.05
PAUSE_GROWS = 1.3
LONGEST_PAUSE = 1.0
ANSWER_WITHIN = 20.0  # seconds
MAX_WATCHES = 60


class Watches:
    """Tasks that each follow one session from its post on."""

    def __init__(self, port: int, key: str, findings: Findings) -> None:
        self.port = port
        self.headers = {"Authorization": f"Bearer {key}"}
        self.findings = findings
        self.tasks: set[asyncio.Task[None]] = set()
        self.waiting: dict[tuple[str, str], float] = {}

    def begin(
        self, reference: str, began_at: float, *, until_stored: bool = False
    ) -> None:
        """Follow a session until it is visible, or until its recording is stored.

        began_at: when its post was due, by `time.perf_counter`.
        """
        if len(self.tasks) >= MAX_WATCHES:
            return
        watch = self._watch(reference, began_at, STORED if until_stored else VISIBLE)
        task = asyncio.create_task(watch)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def finish(self, deadline: float) -> None:
        """Wait for those that are not over; note the others as unfinished.

        deadline: by `time.perf_counter`.
        """
        if self.tasks:
            await asyncio.wait(
                self.tasks, timeout=max(deadline - time.perf_counter(), 0)
            )
        for task in self.tasks:
            task.cancel()
        ended_at = time.perf_counter()
        for (kind, _), began_at in self.waiting.items():
            self.findings.unfinished[kind].append(ended_at - began_at)

    async def _watch(self, reference: str, began_at: float, kind: str) -> None:
        self.waiting[kind, reference] = began_at
        pause = FIRST_PAUSE
        while not self._is_over(await self._conversation(reference), kind):
            await asyncio.sleep(pause)
            pause = min(pause * PAUSE_GROWS, LONGEST_PAUSE)
        self.findings.waits[kind].append(time.perf_counter() - began_at)
        del self.waiting[kind, reference]

    def _is_over(self, conversation: dict[str, Any] | None, kind: str) -> bool:
        if conversation is None or kind == VISIBLE:
            return conversation is not None
        return bool(conversation["recording"]["state"] == "stored")

    async def _conversation(self, reference: str) -> dict[str, Any] | None:
        """Return it as programs see it; None where it is not there, or nothing is."""
        path = f"/v1/conversations?referenceId={reference}"
        try:
            answer = await request(
                self.port, "GET", path, self.headers, within=ANSWER_WITHIN
            )
        except (OSError, BrokenAnswer) as error:
            self.findings.failures[f"look: {type(error).__name__}"] += 1
            return None
        if answer.status != 200:
            self.findings.failures[f"look: {answer.status}"] += 1
            return None
        found: list[dict[str, Any]] = json.loads(answer.body)["data"]
        return found[0] if found else None
