"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How much it matters; a failure makes the exit code."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "FAILURE"


@dataclass(frozen=True)
class Finding:
    """A sentence or two, with what to change where something is to be changed."""

    level: Level
    text: str

    def __str__(self) -> str:
        return f"{self.level.value:<8} {self.text}"


def fine(text: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(Level.OK, text)


def warning(text: str) -> Finding:
    """Return that something would be better otherwise."""
    return Finding(Level.WARNING, text)


def failure(text: str) -> Finding:
    """Return that something keeps sessions from Zelto, or will."""
    return Finding(Level.FAILURE, text)
