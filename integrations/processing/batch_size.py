"""How many deliveries a worker claims at once: so many as take it about a second.

Bytes say little of what a body costs: one that is dense takes a hundred times as long as
an ordinary one. So what the last batch took decides.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from integrations.delivery_log.claims import Claimed

LONG_SECONDS = 1.0
SHORT_SECONDS = 0.5
MIN_ROWS = 8
MIN_BYTES = 64 * 1024


class BatchSize:
    """The size of the next batch of a process; its threads share it.

    rows: deliveries. max_bytes: of their bodies. was_full: the last batch was, so there
    is more.
    """

    def __init__(self, *, max_rows: int, max_bytes: int) -> None:
        self._limits = max_rows, max_bytes
        self.rows, self.max_bytes = max_rows, max_bytes
        self.was_full = False

    @contextmanager
    def measuring(self, claimed: Sequence[Claimed]) -> Iterator[None]:
        """Take what the block takes for the cost of these deliveries."""
        size = sum(one.size for one in claimed)
        self.was_full = 2 * len(claimed) > self.rows or 2 * size > self.max_bytes
        began = time.monotonic()
        yield
        took = time.monotonic() - began
        if took > LONG_SECONDS:
            self._set(self.rows // 2, self.max_bytes // 2)
        elif took < SHORT_SECONDS:
            self._set(self.rows * 2, self.max_bytes * 2)

    def _set(self, rows: int, max_bytes: int) -> None:
        most_rows, most_bytes = self._limits
        self.rows = max(MIN_ROWS, min(rows, most_rows))
        self.max_bytes = max(MIN_BYTES, min(max_bytes, most_bytes))
