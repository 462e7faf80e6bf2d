"""Serves a comparison exactly as the Procfile serves Zelto: same server, same flags."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.errors import BenchError
from bench.instance import Instance, free_port
from zelto.embedded.leftover_processes import end_processes, process_group
from zelto.embedded.parent_death import terminate_on_parent_death
from zelto.embedded.procfile import read_procfile
from zelto.env import CHECKOUT

START_LASTS = 60.0  # seconds
STOP_LASTS = 20.0


@contextmanager
def serving(instance: Instance, settings: str) -> Iterator[str]:
    """Run a server with this settings module beside an instance, and yield its address.

    Raises:
        BenchError: it did not start within `START_LASTS` seconds.
    """
    port = free_port()
    environment = instance.environment | {
        "PORT": str(port),
        "DJANGO_SETTINGS_MODULE": settings,
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
    }
    with open(instance.log, "ab") as log:
        server = subprocess.Popen(  # noqa: S602 - a line of our own Procfile
            command(),
            shell=True,
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=terminate_on_parent_death(),
        )
    try:
        _wait_until_answering(server, port, settings)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            server.wait(STOP_LASTS)
        end_processes(process_group(server.pid), grace_seconds=0)
        server.wait()


def command() -> str:
    """Return the command of the Procfile's `web`, with the application of a
    comparison.
    """
    ours = read_procfile(CHECKOUT / "Procfile", ["web"])["web"]
    return ours.replace("zelto.asgi:", "bench.comparison.asgi:")


def _wait_until_answering(
    server: subprocess.Popen[bytes], port: int, settings: str
) -> None:
    give_up_at = time.monotonic() + START_LASTS
    while not _answers(port):
        if server.poll() is not None or time.monotonic() > give_up_at:
            raise BenchError(f"The server with {settings} did not start.")
        time.sleep(0.1)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    return False
