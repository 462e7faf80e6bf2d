from __future__ import annotations

from random import Random


def randomness(seed: int, *about: object) -> Random:
    """The same numbers for the same words; only for what may be guessed."""
    return Random(f"{seed} {about}")  # noqa: S311
