"""Random numbers that are the same in each run with the same seed."""

from __future__ import annotations

from random import Random


def randomness(seed: int, *about: object) -> Random:
    """Return a generator that gives the same numbers for the same seed and words.

    Only for what may be guessed: it is no source of secrets.
    """
    return Random(f"{seed} {about}")  # noqa: S311
