"""When sessions that are lost are worth an alert."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.causes.losses import Losses, is_alarming

NOW = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def lost(in_a_row=0, *, lost=0, taken=0, is_mixed=False, ago=MINUTE):
    return Losses(in_a_row, NOW - ago, lost, taken, is_mixed)


@pytest.mark.parametrize(
    ("losses", "is_one"),
    [
        (lost(1, lost=1, taken=999), False),
        (lost(2, lost=2), False),
        (lost(3, lost=3), True),
        (lost(3, lost=0, ago=timedelta(hours=20)), True),
        (lost(3, ago=timedelta(hours=25)), False),
        (lost(0, lost=5, taken=95, is_mixed=True), False),
        (lost(0, lost=6, taken=94, is_mixed=True), True),
        (lost(0, lost=2, taken=2, is_mixed=True), False),
        # One run of them, and it is over.
        (lost(0, lost=38, taken=1), False),
        (lost(0, lost=38, taken=40, is_mixed=True, ago=31 * MINUTE), False),
    ],
)
def test_three_in_a_row_or_over_five_percent_of_an_hour_are_worth_one(losses, is_one):
    assert is_alarming(losses, NOW, is_open=False) is is_one


def test_what_is_open_stays_open_below_what_opens_it():
    assert is_alarming(lost(1), NOW, is_open=True)
    share = lost(0, lost=3, taken=97, is_mixed=True)
    assert is_alarming(share, NOW, is_open=True)
    assert not is_alarming(share, NOW, is_open=False)
    assert not is_alarming(lost(0, lost=2, taken=98, is_mixed=True), NOW, is_open=True)


def test_it_is_all_while_none_is_taken():
    assert lost(3, lost=3).is_all
    assert not lost(3, lost=9, taken=4, is_mixed=True).is_all
    assert not lost(2, lost=2).is_all
