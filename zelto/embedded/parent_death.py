"""Tie processes to their parents, where Linux can; elsewhere nothing happens."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def terminate_on_parent_death() -> Callable[[], None] | None:
    """Return a `preexec_fn` that has the child sent SIGTERM when we are killed.

    Give it to processes that are started before the first thread is.
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def set_signal() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it was killed before we asked for the signal
            os.kill(os.getpid(), signal.SIGTERM)

    return set_signal


def become_subreaper() -> None:
    """Become the parent of what a killed child leaves behind, so that we can end it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
