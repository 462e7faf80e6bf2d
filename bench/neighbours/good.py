"""The well-behaved organization: posts, opens pages, plays a recording, in a process of
its own (`python -m bench.neighbours.good`).

Reads a `Plan` as JSON from standard input, writes `MEASURING` when its warm-up is over,
and in the end a line of figures.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from bench.neighbours.client import Answer, BrokenAnswer, Connection, request
from bench.neighbours.findings import PAGE, PIECE, POST, Findings
from bench.neighbours.watches import Watches
from bench.session import session

MEASURING = "measuring"
ANSWER_WITHIN = 20.0  # seconds; a request that takes longer failed
POSTS_PER_SECOND = 20
VISITS_PER_SECOND = 1.0
PIECES_PER_SECOND = 1.0
# Of the posts each fortieth is looked for until it is visible, and each hundredth names
# a recording.
WATCHED_EACH = 40
RECORDED_EACH = 100
# Beyond these nothing more is begun, whatever is due.
MAX_UNDER_WAY = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom to be, and for how long.

    cookie: of a person who is signed in. pages: paths of a visit. recording: a path,
    and its bytes. sounds: an address below which recordings are fetched.
    warm_up, seconds, grace: of the run; grace is for what was not visible in time.
    """

    port: int
    key: str
    cookie: str
    pages: list[str]
    recording: str
    recording_bytes: int
    sounds: str
    warm_up: float
    seconds: float
    grace: float


class GoodNeighbour:
    """Begins what is due by its clock, however long the answers before took."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.findings = Findings()
        self.watches = Watches(plan.port, plan.key, self.findings)
        self.began_at = time.perf_counter()
        self.measures_from = self.began_at + plan.warm_up
        self.ends_at = self.measures_from + plan.seconds
        self.under_way: set[asyncio.Task[None]] = set()
        self.keyed = {"Authorization": f"Bearer {plan.key}"}
        self.signed_in = {"Cookie": plan.cookie, "Accept": "text/html"}

    async def run(self) -> dict[str, Any]:
        """Do all of it, and return the figures."""
        await asyncio.gather(
            self._announce(),
            self._repeat(POSTS_PER_SECOND, self._post),
            self._repeat(VISITS_PER_SECOND, self._visit),
            self._repeat(PIECES_PER_SECOND, self._play),
        )
        if self.under_way:
            await asyncio.wait(self.under_way)
        await self.watches.finish(self.ends_at + self.plan.grace)
        lasted = time.perf_counter() - self.began_at
        cpu = time.process_time() / lasted
        return self.findings.figures() | {"generator_cpu_share": cpu}

    async def _announce(self) -> None:
        await asyncio.sleep(self.plan.warm_up)
        print(MEASURING, flush=True)

    async def _repeat(
        self,
        per_second: float,
        begin: Callable[[int, float], Coroutine[Any, Any, None]],
    ) -> None:
        """Begin something so often, with its number and the moment it was due."""
        for number in itertools.count():
            due = self.began_at + number / per_second
            if due >= self.ends_at:
                return
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            if due >= self.measures_from:
                self.findings.late.append(time.perf_counter() - due)
            if len(self.under_way) >= MAX_UNDER_WAY:
                self.findings.failures["not begun: too much under way"] += 1
                continue
            task = asyncio.create_task(begin(number, due))
            self.under_way.add(task)
            task.add_done_callback(self.under_way.discard)

    async def _timed(
        self, kind: str, due: float, asked: Awaitable[Answer], *good: int
    ) -> bool:
        """Note how long an answer took from when it was due; return whether it is good."""
        failure = ""
        try:
            answer = await asked
            if answer.status not in good:
                failure = str(answer.status)
        except TimeoutError:
            failure = "no answer in time"
        except (OSError, BrokenAnswer) as error:
            failure = type(error).__name__
        if due >= self.measures_from:
            self.findings.answers[kind].append(time.perf_counter() - due)
            if failure:
                self.findings.failures[f"{kind}: {failure}"] += 1
        return not failure

    async def _post(self, number: int, due: float) -> None:
        call = f"{number:012}"
        payload = session(call, f"{number % 20:02}")
        has_recording = number % RECORDED_EACH == RECORDED_EACH // 2
        if has_recording:
            payload["call"]["recordingUrl"] = f"{self.plan.sounds}/2/{call}.wav"
        body = json.dumps(payload).encode()
        headers = self.keyed | {"Content-Type": "application/json"}
        path = "/webhooks/calls"
        asked = request(
            self.plan.port, "POST", path, headers, body, within=ANSWER_WITHIN
        )
        if not await self._timed(POST, due, asked, 200) or due < self.measures_from:
            return
        if has_recording:
            self.watches.begin(f"call-{call}", due, until_stored=True)
        elif number % WATCHED_EACH == 0:
            self.watches.begin(f"call-{call}", due)

    async def _visit(self, _: int, due: float) -> None:
        """Open one page after the other over one connection, as a browser has it."""
        async with Connection(self.plan.port) as connection:
            for path in self.plan.pages:
                asked = asyncio.wait_for(
                    connection.request("GET", path, self.signed_in), ANSWER_WITHIN
                )
                if not await self._timed(PAGE, due, asked, 200):
                    return
                due = time.perf_counter()

    async def _play(self, number: int, due: float) -> None:
        """Ask as a player does: for all from here on, of which it gets a piece."""
        start = number * 1024 * 1024 % self.plan.recording_bytes
        headers = self.signed_in | {"Range": f"bytes={start}-"}
        asked = request(
            self.plan.port, "GET", self.plan.recording, headers, within=ANSWER_WITHIN
        )
        await self._timed(PIECE, due, asked, 206)


def main() -> None:
    """Do what standard input says, and print what was found."""
    plan = Plan(**json.load(sys.stdin))
    print(json.dumps(asyncio.run(_run(plan))), flush=True)


async def _run(plan: Plan) -> dict[str, Any]:
    return await GoodNeighbour(plan).run()


if __name__ == "__main__":
    main()
