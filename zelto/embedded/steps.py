"""Commands of manage.py that come before and after the start of the processes."""

import subprocess
import sys
from collections.abc import Mapping

from zelto.embedded.errors import Trouble
from zelto.embedded.parent_death import tie_to_parent
from zelto.embedded.shutdown import LOOK_EVERY, Stopping
from zelto.env import CHECKOUT


class Step:
    def __init__(self, environment: Mapping[str, str], *command: str) -> None:
        self.name = command[0]
        self.child = subprocess.Popen(  # noqa: S603 - our own commands
            [sys.executable, "manage.py", *command],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Whoever presses Ctrl-C asks us; we end it.
            start_new_session=True,
            preexec_fn=tie_to_parent(),
        )

    def finish(self, stopping: Stopping) -> str:
        """What it printed. A step that is cut short is left to the owner to end."""
        while True:
            stopping.check()
            try:
                printed, errors = self.child.communicate(timeout=LOOK_EVERY)
            except subprocess.TimeoutExpired:
                continue
            if self.child.returncode != 0:
                raise Trouble(
                    f"`manage.py {self.name}` failed:\n{printed}{errors.strip()}"
                )
            return printed.strip()
