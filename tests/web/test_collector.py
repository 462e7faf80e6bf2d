"""Python's collector of cycles, paused while something large is made."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier, Event

import pytest

from web import collector
from web.collector import collector_paused


def test_it_is_paused_within_and_runs_again_behind() -> None:
    with collector_paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_runs_again_after_an_exception() -> None:
    with pytest.raises(ValueError, match="odd"), collector_paused():
        raise ValueError("odd")
    assert gc.isenabled()


def test_the_last_thread_that_paused_it_lets_it_run_again() -> None:
    both_in, first_out = Barrier(2), Event()

    def first() -> None:
        with collector_paused():
            both_in.wait(10)
        first_out.set()

    def second() -> bool:
        with collector_paused():
            both_in.wait(10)
            assert first_out.wait(10)
            return gc.isenabled()

    with ThreadPoolExecutor(2) as threads:
        running = threads.submit(first)
        assert threads.submit(second).result() is False
        running.result()
    assert gc.isenabled()


def test_threads_that_follow_each_other_do_not_pause_it_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(collector, "MAX_PAUSE_SECONDS", 0)
    with ExitStack() as late:
        with collector_paused():
            late.enter_context(collector_paused())
            assert not gc.isenabled()
        assert gc.isenabled()
    assert gc.isenabled()


def test_where_it_was_off_it_stays_off() -> None:
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
