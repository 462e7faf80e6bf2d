"""Bar charts, laid out on the server: `templates/conversations/_bars.html` draws most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

HEIGHT = 100  # of every drawing, in its own coordinates
STEP = 10
GAP = 2


@dataclass(frozen=True, slots=True)
class Drawing:
    """Sizes in a drawing's own coordinates; the page stretches it to its width.

    step: from one bar to the next, gap included. min_height: of a bar that stands for
    anything, so that it can be seen. digits: behind the point.
    """

    step: int
    gap: int
    min_height: float
    digits: int


@dataclass(frozen=True, slots=True)
class PlacedBar:
    """Where a bar is drawn: its upper left corner, and its height."""

    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar(PlacedBar):
    """A bar of a plain chart. says: what it stands for, shown on hover."""

    says: str


@dataclass(frozen=True, slots=True)
class Bars:
    """The bars of a chart. top: what the upper edge stands for."""

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


DRAWING = Drawing(step=STEP, gap=GAP, min_height=1.0, digits=2)


def bar_chart(values: Sequence[tuple[Decimal | int, str]]) -> Bars:
    """Return the bars of a chart, each with what it says.

    values: not negative, from left to right.
    """
    top = round_top(max((value for value, _ in values), default=0))
    places = place_bars([value for value, _ in values], top, DRAWING)
    bars = [Bar(*place, says) for place, (_, says) in zip(places, values, strict=True)]
    return Bars(bars, top)


def place_bars(
    values: Iterable[Decimal | int], top: int, drawing: Drawing
) -> Iterator[tuple[int, float, float]]:
    """Yield x, y and height of each bar, as `PlacedBar` has them.

    values: not negative, from left to right. top: what the upper edge stands for, above 0.
    """
    for number, value in enumerate(values):
        share = float(value) / top * HEIGHT
        height = max(share, drawing.min_height) if value else 0
        yield (
            number * drawing.step + drawing.gap // 2,
            round(HEIGHT - height, drawing.digits),
            round(height, drawing.digits),
        )


def round_top(highest: Decimal | int) -> int:
    """Return the next of 1, 2, 3, 4, 5, 6, 8, 10, 20, ... that is not below it."""
    size = 1
    while True:
        for factor in (1, 2, 3, 4, 5, 6, 8):
            if factor * size >= highest:
                return factor * size
        size *= 10
