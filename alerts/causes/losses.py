"""When sessions that are lost are worth an alert: one among a thousand is not. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

# So many in a row, none taken since the first of them.
MIN_IN_A_ROW = 3
# Or so large a part of an hour's, and so many.
MIN_SHARE = 0.05
MIN_LOST = 3
# One that is open ends below half of that.
MIN_SHARE_OF_OPEN = MIN_SHARE / 2
# Where some are lost and some taken, it is over once none was lost for so long.
MIXED_FOR = timedelta(minutes=30)
# Nothing more came for so long: nobody knows whether it would be taken.
FORGOTTEN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Losses:
    """The sessions of one sender that are lost, and those that are taken.

    in_a_row: lost since the last one that was taken, within `FORGOTTEN`.
    newest_at: when the newest was lost. lost, taken: within an hour.
    is_mixed: one was taken between two that were lost in that hour.
    """

    in_a_row: int
    newest_at: datetime
    lost: int = 0
    taken: int = 0
    is_mixed: bool = False

    @property
    def share(self) -> float:
        return self.lost / (self.lost + self.taken) if self.lost else 0.0

    @property
    def is_all(self) -> bool:
        """Tell whether nothing is taken any more."""
        return self.in_a_row >= MIN_IN_A_ROW and not self.is_mixed


def is_alarming(losses: Losses, now: datetime, *, is_open: bool) -> bool:
    """Tell whether it is worth an alert, or one that is open stays so."""
    age = now - losses.newest_at
    if age > FORGOTTEN:
        return False
    if losses.in_a_row >= (1 if is_open else MIN_IN_A_ROW):
        return True
    least = MIN_SHARE_OF_OPEN if is_open else MIN_SHARE
    many = 1 if is_open else MIN_LOST
    return (
        losses.is_mixed
        and age <= MIXED_FOR
        and losses.lost >= many
        and losses.share > least
    )
