"""Counting what JSON holds before it is parsed."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from web.json_bounds import Bounds, OverBounds, check_bounds

BOUNDS = Bounds(containers=10, values=30, depth=5)


def over(data: bytes, bounds: Bounds = BOUNDS) -> tuple[str, int]:
    with pytest.raises(OverBounds) as caught:
        check_bounds(data, bounds)
    return caught.value.what, caught.value.limit


def as_bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


def test_as_many_containers_as_allowed_pass_and_one_more_does_not() -> None:
    check_bounds(as_bytes([[]] * 9), BOUNDS)
    assert over(as_bytes([[]] * 10)) == ("containers", 10)
    assert over(as_bytes([{}] * 10)) == ("containers", 10)


def test_as_many_values_as_allowed_pass_and_one_more_does_not() -> None:
    check_bounds(as_bytes(list(range(30))), BOUNDS)
    assert over(as_bytes(list(range(40)))) == ("values", 30)
    assert over(as_bytes({str(n): n for n in range(40)})) == ("values", 30)


def test_as_many_levels_as_allowed_pass_and_one_more_does_not() -> None:
    check_bounds(nested(5), BOUNDS)
    assert over(nested(6)) == ("depth", 5)


def test_too_deep_is_told_before_too_many() -> None:
    assert over(nested(1_000)) == ("depth", 5)
    assert over(b"[" * 1_000) == ("depth", 5)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100,
        "{}," * 100,
        '"[',
        '\\"[[[[[[',
        "\\" * 7 + '"' + "[" * 50,
        "\\\\",
        '","',
    ],
)
def test_what_is_in_a_text_does_not_count(text: str) -> None:
    check_bounds(as_bytes({text: [text] * 4}), BOUNDS)
    assert over(as_bytes({text: [[text]] * 10})) == ("containers", 10)


def test_it_counts_as_a_walk_over_the_parsed_value_does() -> None:
    """Random values with hostile texts: the bound lies exactly where a walk has it."""
    chance = random.Random(7)  # noqa: S311 - a test
    for _ in range(300):
        value = [_made_up(chance, 4)]
        containers, depth = _containers(value), _depth(value)
        data = as_bytes(value)
        check_bounds(data, Bounds(containers, values=10_000, depth=depth))
        wide = Bounds(containers - 1, values=10_000, depth=depth)
        assert over(data, wide) == ("containers", containers - 1)
        flat = Bounds(containers, values=10_000, depth=depth - 1)
        assert over(data, flat) == ("depth", depth - 1)


def _made_up(chance: random.Random, levels: int) -> Any:
    kind = chance.randrange(4 if levels else 2)
    if kind == 0:
        return chance.choice([1, None, True, 0.5])
    if kind == 1:
        return "".join(chance.choices('[]{},:"\\ä', k=chance.randrange(8)))
    parts = [_made_up(chance, levels - 1) for _ in range(chance.randrange(4))]
    return parts if kind == 2 else {f'"{n}[\\': part for n, part in enumerate(parts)}


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _containers(value: Any) -> int:
    own = isinstance(value, dict | list)
    return own + sum(_containers(part) for part in _parts(value))


def _depth(value: Any) -> int:
    own = isinstance(value, dict | list)
    return own + max((_depth(part) for part in _parts(value)), default=0)
