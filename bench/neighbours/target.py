"""Whom a bad neighbour is, and the count of what it got."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bench.neighbours.client import Answer, BrokenAnswer, request

ANSWER_WITHIN = 60.0  # seconds


@dataclass
class Target:
    """The server, and an organization that has a key and a person who is signed in.

    facts: what its case prepared, by name.
    counts: how many of each status and of each fault.
    """

    port: int
    key: str
    cookie: str
    slug: str
    facts: dict[str, str]
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def keyed(self) -> dict[str, str]:
        """Return the headers of a program."""
        return {"Authorization": f"Bearer {self.key}"}

    @property
    def signed_in(self) -> dict[str, str]:
        """Return the headers of a browser."""
        return {"Cookie": self.cookie, "Accept": "text/html"}

    async def send(
        self, method: str, path: str, headers: dict[str, str], body: bytes = b""
    ) -> Answer | None:
        """Send a request and count its answer; return None where there was none."""
        self.counts["requests begun"] += 1
        try:
            answer = await request(
                self.port, method, path, headers, body, within=ANSWER_WITHIN
            )
        except TimeoutError:
            self.counts["no answer in time"] += 1
            return None
        except (OSError, BrokenAnswer) as error:
            self.counts[type(error).__name__] += 1
            return None
        self.counts[str(answer.status)] += 1
        return answer

    async def post(self, body: bytes, *, is_packed: bool = True) -> Answer | None:
        """Post a body to the webhook.

        is_packed: whether it is gzip.
        """
        headers = self.keyed | {"Content-Type": "application/json"}
        if is_packed:
            headers["Content-Encoding"] = "gzip"
        return await self.send("POST", "/webhooks/calls", headers, body)


async def repeat(
    actors: int, seconds: float, act: Callable[[int], Awaitable[object]]
) -> None:
    """Let so many actors act again and again, each at most once in so many seconds.

    act: gets the number of the turn, which no two have in common.
    """
    loop = asyncio.get_running_loop()

    async def go_on(number: int) -> None:
        while True:
            next_at = loop.time() + seconds
            await act(number)
            number += actors
            await asyncio.sleep(max(next_at - loop.time(), 0))

    await asyncio.gather(*(go_on(number) for number in range(actors)))
