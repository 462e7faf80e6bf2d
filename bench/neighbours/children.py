"""The two processes beside the instance: started by us, and ended by their number."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.errors import BenchError
from zelto.embedded.parent_death import terminate_on_parent_death
from zelto.env import CHECKOUT

ENDS_WITHIN = 10.0  # seconds


class Child:
    """A module of ours in a process, which reads JSON and prints lines."""

    def __init__(self, module: str, asked: dict[str, Any]) -> None:
        self.module = module
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"bench.neighbours.{module}"],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us; we end it
            preexec_fn=terminate_on_parent_death(),
        )
        assert self.process.stdin is not None  # noqa: S101 - a pipe
        with self.process.stdin as pipe:
            pipe.write(json.dumps(asked).encode())
        self._rest = b""

    def line(self, within: float) -> str:
        """Return the next line that it prints.

        Raises:
            BenchError: there is none within so many seconds.
        """
        assert self.process.stdout is not None  # noqa: S101 - a pipe
        number = self.process.stdout.fileno()
        deadline = time.monotonic() + within
        while b"\n" not in self._rest:
            left = max(deadline - time.monotonic(), 0)
            piece = b""
            if select.select([number], [], [], left)[0]:
                piece = os.read(number, 65536)
            if not piece:
                raise BenchError(f"bench.neighbours.{self.module} said nothing.")
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode()

    def stop(self) -> dict[str, Any]:
        """Ask it to end, and return the JSON that it prints then.

        Raises:
            BenchError: it prints none.
        """
        self.process.terminate()
        found: dict[str, Any] = json.loads(self.line(ENDS_WITHIN))
        return found

    def end(self) -> None:
        """End it, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


@contextmanager
def child(module: str, asked: dict[str, Any]) -> Iterator[Child]:
    """Run a module for the block."""
    started = Child(module, asked)
    try:
        yield started
    finally:
        started.end()
