"""A bar chart, laid out on the server: what `templates/conversations/_bars.html` draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

# Of the drawing's own coordinates; the page stretches it to its width.
STEP = 10
HEIGHT = 100
GAP = 2


@dataclass(frozen=True, slots=True)
class Bar:
    x: int
    y: float
    height: float
    # What it stands for, said on hover.
    says: str


@dataclass(frozen=True, slots=True)
class Bars:
    """top: what the upper edge stands for."""

    bars: list[Bar]
    top: int

    def __bool__(self) -> bool:
        return any(bar.height for bar in self.bars)

    @property
    def width(self) -> int:
        return len(self.bars) * STEP

    @property
    def bar_width(self) -> int:
        return STEP - GAP


def bar_chart(values: Sequence[tuple[Decimal | int, str]]) -> Bars:
    """values: from left to right, each with what its bar says."""
    top = round_top(max((value for value, _ in values), default=0))
    bars = []
    for number, (value, says) in enumerate(values):
        # What is there can be seen, however small it is.
        height = max(float(value) / top * HEIGHT, 1.0) if value else 0.0
        bars.append(
            Bar(
                x=number * STEP + GAP // 2,
                y=round(HEIGHT - height, 2),
                height=round(height, 2),
                says=says,
            )
        )
    return Bars(bars, top)


def round_top(highest: Decimal | int) -> int:
    """The next of 1, 2, 3, 4, 5, 6, 8, 10, 20, ... that holds it."""
    size = 1
    while True:
        for factor in (1, 2, 3, 4, 5, 6, 8):
            if factor * size >= highest:
                return factor * size
        size *= 10
