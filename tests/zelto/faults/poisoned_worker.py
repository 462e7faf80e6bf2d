"""The worker of the Procfile, but that one call kills it.

python -m tests.zelto.faults.poisoned_worker read|stored
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
from typing import Any

from zelto.embedded.procfile import read_procfile
from zelto.env import CHECKOUT

DEADLY = "deadly"


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(when: str) -> None:
    import django

    from zelto.celery import app

    django.setup()
    from integrations.delivery_log import jobs
    from integrations.delivery_log import read as history

    read, mark_processed = history.read, jobs.mark_processed

    def deadly_read(row: Any, data: Any) -> Any:
        delivered = read(row, data)
        if delivered.update.external_id == DEADLY:
            die()
        return delivered

    def deadly_mark(delivered: Any, stored: Any) -> Any:
        took = mark_processed(delivered, stored)
        if any(call.external_id == DEADLY for _, call in delivered):
            die()  # all is written, nothing is committed
        return took

    if when == "read":
        history.read = deadly_read
    else:
        jobs.mark_processed = deadly_mark
    words = shlex.split(read_procfile(CHECKOUT / "Procfile", ["worker"])["worker"])
    app.worker_main(words[words.index("worker") :])


if __name__ == "__main__":
    main(sys.argv[1])
