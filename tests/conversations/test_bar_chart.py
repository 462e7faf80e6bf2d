import itertools

import pytest

from conversations.bar_chart import HEIGHT, STEP, bar_chart, round_top


@pytest.mark.parametrize(
    ("highest", "top"),
    [(0, 1), (1, 1), (2, 2), (3, 3), (7, 8), (9, 10), (51, 60), (1001, 2000)],
)
def test_the_top_is_a_round_number(highest, top):
    assert round_top(highest) == top


def test_bars_stand_on_the_ground_side_by_side():
    bars = bar_chart([(0, "a"), (5, "b"), (10, "c")]).bars
    assert [bar.height for bar in bars] == [0, HEIGHT / 2, HEIGHT]
    assert all(bar.y + bar.height == HEIGHT for bar in bars)
    assert {right.x - left.x for left, right in itertools.pairwise(bars)} == {STEP}


def test_a_little_can_still_be_seen():
    assert bar_chart([(1, "a"), (1_000_000, "b")]).bars[0].height >= 1


def test_nothing_is_empty():
    assert not bar_chart([(0, "a"), (0, "b")])
    assert not bar_chart([])
    assert bar_chart([(0, "a"), (1, "b")])
