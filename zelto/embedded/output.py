"""What the operator reads. That nobody reads any more must not end the stack."""

import os
import sys


class Output:
    """Standard output; once its reader is gone (`make run | head`), nowhere."""

    def isatty(self) -> bool:
        return sys.stdout.isatty()

    def write(self, text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)

    def flush(self) -> None:
        """Each write has done it."""


def say(sentence: str) -> None:
    Output().write(f"{sentence}\n")
