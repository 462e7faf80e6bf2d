"""A clock that is set back holds up no sweep. That it holds up no lease and no retry is
in tests/integrations/processing/test_worker.py: those ask the database's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from zelto.celery import app
from zelto.schedule import Scheduler


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(app, "now", clock)
    return clock


@pytest.fixture
def sent(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(Scheduler, "producer", None)
    monkeypatch.setattr(
        Scheduler,
        "apply_entry",
        lambda self, entry, producer=None: names.append(entry.name),
    )
    return names


def run(scheduler: Any, clock: Clock, seconds: float) -> None:
    """As beat does: look, which takes a moment, sleep as long as it says, look again."""
    slept = 0.0
    for _ in range(1000):
        if slept >= seconds:
            return
        pause = max(scheduler.tick(), 0.001)
        slept += pause
        clock.now += timedelta(seconds=pause)
    raise AssertionError("It looks without a pause.")


@pytest.mark.parametrize("back", [timedelta(seconds=30), timedelta(days=30)])
def test_it_sweeps_on_when_the_clock_is_set_back(
    clock: Clock, sent: list[str], back: timedelta
) -> None:
    scheduler = Scheduler(app=app)
    run(scheduler, clock, 20)
    assert 8 <= sent.count("sweep-deliveries") <= 12
    clock.now -= back
    sent.clear()
    run(scheduler, clock, 20)
    assert 8 <= sent.count("sweep-deliveries") <= 12


def test_it_sweeps_on_when_the_clock_is_set_forward_and_back(
    clock: Clock, sent: list[str]
) -> None:
    scheduler = Scheduler(app=app)
    run(scheduler, clock, 10)
    for jump in (timedelta(days=400), timedelta(days=-400)):
        clock.now += jump
        sent.clear()
        run(scheduler, clock, 20)
        assert 8 <= sent.count("sweep-deliveries") <= 12
