"""Posting to a running stack as workers would, and asking its database what it has."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import psycopg

from tests.zelto.stack import Stack, wait_for
from zelto.embedded.location import address

PASSWORD = "a long walk by the river"
GIVE_UP_AFTER = 60.0  # seconds


def body(external_id: str, **call: Any) -> dict[str, Any]:
    return {
        "call": {"externalId": external_id, **call},
        "agent": {"externalId": "front-desk", "name": "Front desk"},
        "transcript": {
            "turns": [
                {"role": "assistant", "content": f"Hi, this is call {external_id}."},
                {"role": "user", "content": "I have a missing order."},
            ]
        },
    }


def provision(stack: Stack) -> dict[str, Any]:
    """An organization, its owner and a key, as `manage.py provision` prints them."""
    printed = stack.manage(
        *("provision", "--organization", "Acme", "--email", "ada@example.org"),
        *("--password", PASSWORD, "--key-name", "worker"),
    )
    made: dict[str, Any] = json.loads(printed.strip().splitlines()[-1])
    return made


def post(port: int, key: str, payload: dict[str, Any]) -> int:
    """The status of the answer; raises `OSError` or `HTTPException` for none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(
            "POST",
            "/webhooks/calls",
            json.dumps(payload),
            {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        )
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


class Senders:
    """Threads that post one session after another, each until it is acknowledged."""

    def __init__(self, port: int, key: str, threads: int = 4) -> None:
        self.port = port
        self.key = key
        self.numbers = itertools.count()
        self.acknowledged: list[str] = []
        self.tries = 0
        self.refused: list[int] = []
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def wait_for_more(self, count: int) -> None:
        enough = len(self.acknowledged) + count
        wait_for(
            lambda: len(self.acknowledged) >= enough,
            GIVE_UP_AFTER,
            what=f"{count} more sessions are acknowledged",
        )

    def run(self) -> None:
        while not self.ending.is_set():
            self.send(f"call-{next(self.numbers)}")

    def send(self, external_id: str) -> None:
        give_up_at = time.monotonic() + GIVE_UP_AFTER
        while time.monotonic() < give_up_at:
            self.tries += 1
            try:
                status = post(self.port, self.key, body(external_id))
            except (OSError, http.client.HTTPException):
                if self.ending.wait(0.05):
                    return
                continue
            if status == 200:
                self.acknowledged.append(external_id)
                return
            if status < 500:
                self.refused.append(status)
                return


@contextmanager
def database(stack: Stack) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    """Asks the stack's database: `ask("SELECT ...", value)` gives rows."""
    url = stack.environment["DATABASE_URL"]
    parts = {} if url else address(stack.data_dir)
    with psycopg.connect(url, autocommit=True, **parts) as connection:

        def ask(statement: str, *values: Any) -> list[tuple[Any, ...]]:
            return connection.execute(statement, values).fetchall()

        yield ask
