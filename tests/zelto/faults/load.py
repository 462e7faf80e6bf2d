"""Posts to a running stack, as workers send them."""

from __future__ import annotations

import http.client
import itertools
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from tests.zelto import filled_folder
from tests.zelto.stack import Stack, wait_for

PASSWORD = filled_folder.PASSWORD
GIVE_UP_AFTER = 60.0  # seconds


def body(external_id: str, **call: Any) -> dict[str, Any]:
    """Return a small canonical body."""
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


def revised(external_id: str, revision: int) -> dict[str, Any]:
    """Return a session as it is posted for the n-th time: each revision has other
    facts.
    """
    session = body(
        external_id,
        endedReason=f"revision {revision}",
        durationSeconds=revision + 1 if revision % 2 else None,
        customer={"name": f"Ada {revision}"} if revision % 3 == 0 else None,
    )
    session["agent"] = {"externalId": f"agent-{revision % 3}"}
    session["metadata"] = {f"key{revision % 3}": revision, "revision": revision}
    if revision % 4 == 3:
        session["transcript"]["turns"] = []
    elif revision:
        session["transcript"]["turns"].append(
            {"role": "user", "content": f"{revision}"}
        )
    return session


def provision(stack: Stack) -> dict[str, Any]:
    """Return what `manage.py provision` printed when it made Acme, its owner and a key.

    A stack on a copied folder has them already.
    """
    copied = stack.data_dir / filled_folder.PRINTED
    if copied.exists():
        printed = copied.read_text("utf-8")
    else:
        printed = filled_folder.last_line(stack.manage(*filled_folder.PROVISION))
    made: dict[str, Any] = json.loads(printed)
    return made


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def asks_to_come_again(self) -> bool:
        """Tell whether it is a 503 with all that the contract says of it."""
        return (
            self.status == 503
            and self.headers.get("Retry-After", "").isdigit()
            and self.headers["Content-Type"] == "application/problem+json"
            and json.loads(self.content)["status"] == 503
        )


def connect(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=30)


def request(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    content: str = "",
    **headers: str,
) -> Answer:
    """Send a request, and return its answer.

    Raises:
        OSError: there is no answer.
        HTTPException: there is no answer.
    """
    connection.request(method, path, content, headers)
    response = connection.getresponse()
    return Answer(response.status, response.headers, response.read())


def get(port: int, path: str, **headers: str) -> Answer:
    with closing(connect(port)) as connection:
        return request(connection, "GET", path, **headers)


def send(
    connection: http.client.HTTPConnection, key: str, payload: dict[str, Any]
) -> Answer:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    content = json.dumps(payload)
    return request(connection, "POST", "/webhooks/calls", content, **headers)


def post(port: int, key: str, payload: dict[str, Any]) -> int:
    with closing(connect(port)) as connection:
        return send(connection, key, payload).status


@dataclass(frozen=True)
class Patience:
    """How long to wait before the next try, and until when to try; seconds."""

    wait: float = 0.05
    grows: float = 1.0
    try_for: float = GIVE_UP_AFTER


# As the code that we give to workers (integrations/sample_code) has it.
WORKERS_PATIENCE = Patience(wait=0.5, grows=2.0, try_for=8.0)


class Senders:
    """Threads that post one session after another, each until it is acknowledged.

    keep_alive: whether a thread keeps its connection for the next post.
    reposts: how often, of all sessions, an acknowledged one is posted again.
    revisions: by session, the newest revision that was acknowledged.
    answers: how many of each status; `odd` are those that the contract does not have.
    """

    def __init__(
        self,
        port: int,
        key: str,
        threads: int = 4,
        *,
        name: str = "call",
        keep_alive: bool = False,
        patience: Patience = Patience(),
        reposts: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.port = port
        self.key = key
        self.name = name
        self.keep_alive = keep_alive
        self.patience = patience
        self.reposts = reposts
        self.numbers: Iterator[int] = itertools.count()
        self.revisions: dict[str, int] = {}
        self.acknowledged: list[str] = []
        self.posts_acknowledged = 0
        self.tries = 0
        self.given_up = 0
        self.unanswered: Counter[str] = Counter()
        self.answers: Counter[int] = Counter()
        self.odd: list[Answer] = []
        self.ending = threading.Event()
        self.counting = threading.Lock()
        self.threads = [
            threading.Thread(target=self.run, args=[random.Random(seed + number)])  # noqa: S311 - no secret
            for number in range(threads)
        ]

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
        enough = self.posts_acknowledged + count
        wait_for(
            lambda: self.posts_acknowledged >= enough,
            GIVE_UP_AFTER,
            what=f"{count} more posts are acknowledged",
        )

    @property
    def refused(self) -> list[int]:
        return [status for status in self.answers if 400 <= status < 500]

    @property
    def counts(self) -> dict[str, object]:
        """Return the counts, for people to read."""
        return {
            "sessions acknowledged": len(self.acknowledged),
            "posts acknowledged": self.posts_acknowledged,
            "tries": self.tries,
            "given up": self.given_up,
            "answers": dict(self.answers),
            "without an answer": dict(self.unanswered),
        }

    def run(self, chance: random.Random) -> None:
        own: list[str] = []
        connection = connect(self.port)
        while not self.ending.is_set():
            if own and chance.random() < self.reposts:
                external_id = chance.choice(own[-20:])
                self.post(connection, external_id, self.revisions[external_id] + 1)
                continue
            external_id = f"{self.name}-{next(self.numbers)}"
            if self.post(connection, external_id, 0):
                self.acknowledged.append(external_id)
                own.append(external_id)
        connection.close()

    def post(
        self,
        connection: http.client.HTTPConnection,
        external_id: str,
        revision: int,
    ) -> bool:
        """Post a revision until it is answered, and tell whether it was acknowledged."""
        payload = revised(external_id, revision)
        wait = self.patience.wait
        give_up_at = time.monotonic() + self.patience.try_for
        while True:
            answer = self.try_once(connection, payload)
            if answer and answer.status == 200:
                self.revisions[external_id] = revision
                return True
            if answer and answer.status < 500:
                return False
            if time.monotonic() + wait >= give_up_at:
                with self.counting:
                    self.given_up += 1
                return False
            if self.ending.wait(wait):
                return False
            wait *= self.patience.grows

    def try_once(
        self, connection: http.client.HTTPConnection, payload: dict[str, Any]
    ) -> Answer | None:
        if not self.keep_alive:
            connection.close()
        try:
            answer = send(connection, self.key, payload)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            with self.counting:
                self.tries += 1
                self.unanswered[type(error).__name__] += 1
            return None
        with self.counting:
            self.tries += 1
            self.answers[answer.status] += 1
            self.posts_acknowledged += answer.status == 200
            if answer.status != 200 and not answer.asks_to_come_again:
                self.odd.append(answer)
        return answer
