"""Large answers that are there as a whole, until their readers have taken them.

In memory they would add up: a hundred readers who are slow, of 5 MB each.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from typing import IO

from web.server.limits import Limits
from web.server.request_body import NoRoom

PART_BYTES = 64 * 1024


class LargeAnswers:
    """The large answers of this process, each in a file."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self.taken = 0

    def keep(self, answer: bytes) -> bytes | KeptAnswer:
        """Return the answer, in a file where it is large.

        Raises:
            NoRoom: others take all the room, or the disk is full.
        """
        if len(answer) <= self._limits.memory_body_bytes:
            return answer
        self._take(len(answer))
        file = None
        try:
            file = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
            file.write(answer)
            file.seek(0)
        except OSError as error:
            self.give_back(len(answer))
            if file is not None:
                file.close()
            raise NoRoom(str(error)) from error
        return KeptAnswer(self, file, len(answer))

    def _take(self, count: int) -> None:
        with self._lock:
            if self.taken + count > self._limits.all_answers_bytes:
                raise NoRoom
            self.taken += count

    def give_back(self, count: int) -> None:
        """Give so many bytes back."""
        with self._lock:
            self.taken -= count


class KeptAnswer:
    """An answer in a file. Whoever has one closes it.

    length: bytes.
    """

    def __init__(self, answers: LargeAnswers, file: IO[bytes], length: int) -> None:
        self.length = length
        self._answers = answers
        self._file = file

    def parts(self) -> Iterator[bytes]:
        """Yield it in parts."""
        while part := self._file.read(PART_BYTES):
            yield part

    def close(self) -> None:
        """Let it go, with the room it took."""
        self._file.close()
        self._answers.give_back(self.length)
        self.length = 0
