"""Times as senders write them: their size tells the unit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from conversations.turn_values import metric_of, moment_of, unix_time

SECONDS = 1_764_324_000
MOMENT = datetime(2025, 11, 28, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("unit", [1, 10**3, 10**6, 10**9])
def test_the_size_of_a_unix_time_tells_its_unit(unit: int) -> None:
    number = SECONDS * unit
    for value in (number, float(number), str(number), f" {number} ", f"{number:e}"):
        assert moment_of(value) == MOMENT
        assert unix_time(value) == SECONDS


@pytest.mark.parametrize("second", [100_000_000, 946_684_800, 4_133_980_799])
@pytest.mark.parametrize("unit", [10**3, 10**6, 10**9])
def test_it_is_told_from_1973_to_2100(second: int, unit: int) -> None:
    # To the microsecond, as moments are kept.
    read = unix_time(second * unit + unit // 2)
    assert read == pytest.approx(second + 0.5, abs=1e-6)


@pytest.mark.parametrize("digits", ["1764324000123456789", 1764324000123456789])
def test_nanoseconds_are_read_to_the_microsecond(digits: Any) -> None:
    assert moment_of(digits) == MOMENT.replace(microsecond=123_457)


@pytest.mark.parametrize(
    "value",
    [
        *(True, None, [], {}, "", "soon", -1, "-1", 4_133_980_800, 10**12 * 5, 10**20),
        *(
            float("nan"),
            float("inf"),
            10**400,
            "1e999",
            "1_764_324_000",
            "\uff11764324000",
        ),
    ],
)
def test_what_cannot_be_a_time_is_none(value: Any) -> None:
    assert unix_time(value) is None
    with pytest.raises(ValueError, match=r"^must "):
        moment_of(value)


def test_metrics_are_read_in_both_spellings_of_livekits() -> None:
    assert metric_of({"metrics": {"e2e_latency": 0.8}}, "e2e_latency") == 0.8
    assert metric_of({"metrics": {"e2eLatency": 0.8}}, "e2e_latency") == 0.8
    assert metric_of({"metrics": {"llmNodeTtft": 0.3}}, "llm_node_ttft") == 0.3
    assert metric_of({"metrics": {}}, "e2e_latency") is None
