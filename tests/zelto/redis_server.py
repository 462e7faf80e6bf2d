"""A Redis of one's own on a free port, to kill and to empty."""

from __future__ import annotations

import shutil
import subprocess
from types import TracebackType
from typing import Self

import redis

from tests.zelto.free_port import free_port
from tests.zelto.stack import wait_for

PROGRAM = shutil.which("redis-server")


class RedisServer:
    """A Redis of a test, which keeps nothing on disk."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = redis.Redis(port=self.port)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.close()
        self.kill9()

    def start(self) -> None:
        """Start it, empty."""
        assert PROGRAM
        options = ("--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
        self.process = subprocess.Popen(  # noqa: S603 - our own
            [PROGRAM, "--port", str(self.port), *options],
            stdout=subprocess.DEVNULL,
            cwd="/",
        )
        wait_for(self.answers, 10, what="Redis answers")

    def answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.ConnectionError:
            return False

    def kill9(self) -> None:
        self.process.kill()
        self.process.wait()

    def forget_everything(self) -> None:
        self.client.flushall()
