"""Keep Celery's beat going when the clock is set back.

On its own it waits until the clock has caught up: an hour back, and for an hour nothing
sweeps. Between two looks it sleeps by a clock that never jumps.
"""

from datetime import datetime
from typing import Any

from celery import beat


class Scheduler(beat.Scheduler):
    """Take a clock that was set back for the time it is now."""

    last_look: datetime | None = None

    def tick(self, *arguments: Any, **options: Any) -> float:
        """Send what is due; return the seconds until the next look."""
        now = self.app.now()
        if self.last_look is not None and now < self.last_look:
            for entry in self.schedule.values():
                if entry.last_run_at is not None and entry.last_run_at > now:
                    entry.last_run_at = now
            self._heap = None  # made anew from the entries
        self.last_look = now
        seconds: float = super().tick(*arguments, **options)
        return seconds
