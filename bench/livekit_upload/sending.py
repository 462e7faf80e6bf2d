"""Posting sessions as workers do: each over connections that stay open."""

from __future__ import annotations

import http.client
import threading
import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from bench.errors import BenchError
from bench.instance import Instance, Tenant
from bench.livekit_upload.bodies import Post, Recorded

TIMEOUT = 60.0  # seconds


class Client:
    """One connection to the upload address of a tenant."""

    def __init__(self, instance: Instance, tenant: Tenant) -> None:
        self.base = f"/livekit/{tenant.key}"
        self.connection = http.client.HTTPConnection(
            "127.0.0.1", instance.port, timeout=TIMEOUT
        )

    def send(self, post: Post) -> None:
        """Post it.

        Raises:
            BenchError: it was not answered 200.
        """
        path = self.base + post.path
        self.connection.request("POST", path, post.body, post.headers)
        answer = self.connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise BenchError(f"{post.path} was answered with {answer.status}.")


@dataclass(slots=True)
class Sent:
    """What was posted: how many sessions and requests, within how many seconds."""

    sessions: int = 0
    requests: int = 0
    seconds: float = 0.0


def post_sessions(
    instance: Instance,
    tenant: Tenant,
    recorded: Recorded,
    *,
    first: int,
    count: int,
    connections: int,
) -> Sent:
    """Post so many sessions as fast as they are answered.

    first: number of the first of them.

    Raises:
        BenchError: one was not answered 200.
    """
    sessions = [recorded.session(first + number)[1] for number in range(count)]
    waiting: SimpleQueue[list[Post]] = SimpleQueue()
    for posts in sessions:
        waiting.put(posts)
    failures: list[Exception] = []

    def work() -> None:
        try:
            _send_all(Client(instance, tenant), waiting)
        except (BenchError, OSError, http.client.HTTPException) as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(connections)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - began
    if failures:
        raise BenchError(f"An upload failed: {failures[0]}")
    return Sent(count, sum(map(len, sessions)), seconds)


def _send_all(client: Client, waiting: SimpleQueue[list[Post]]) -> None:
    while True:
        try:
            posts = waiting.get_nowait()
        except Empty:
            return
        for post in posts:
            client.send(post)
