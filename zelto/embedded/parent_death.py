"""Who goes when whom. Linux can tie processes together; elsewhere nothing happens."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

import psutil

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def tie_to_parent() -> Callable[[], None] | None:
    """For subprocess's `preexec_fn`: be asked to stop when our owner is killed.

    Give it to processes that are started before the first thread is.
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    owner = os.getpid()

    def tie() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != owner:  # it was killed before we were tied to it
            os.kill(os.getpid(), signal.SIGTERM)

    return tie


def adopt_grandchildren() -> None:
    """What a killed child leaves behind becomes ours, so that we can end and reap it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def reap(process: psutil.Process) -> None:
    """An adopted grandchild stays a zombie until somebody asks how it ended."""
    if isinstance(process, psutil.Popen):
        process.wait()
        return
    with suppress(ChildProcessError):  # not ours, or already asked
        os.waitpid(process.pid, os.WNOHANG)
