"""The memory of all processes together."""

from __future__ import annotations

import psutil

from bench.instance import Instance
from bench.report import Figures, Ratio, below

GOAL = 600.0  # MB


def measure(instance: Instance) -> tuple[Figures, list[Ratio]]:
    """Measure right after whatever load came before: memory that was taken is seldom
    returned.
    """
    sizes = [one for process in instance.processes() if (one := _size(process))]
    total = sum(size for _, size in sizes)
    by_program: dict[str, float] = {}
    for name, size in sizes:
        by_program[name] = by_program.get(name, 0) + size
    print(f"  {total:.0f} MB in {len(sizes)} processes", flush=True)
    figures = {"total_mb": total, "processes": len(sizes), "by_program_mb": by_program}
    return figures, [below("memory of all processes, under load", total, GOAL, " MB")]


def _size(process: psutil.Process) -> tuple[str, float] | None:
    """Return the role and the megabytes of a process: a page that n processes share
    counts as an n-th for each (PSS).

    Where the system does not report that, its own (USS).
    """
    try:
        memory = process.memory_full_info()
        name = _role(process)
    except psutil.NoSuchProcess:
        return None
    return name, getattr(memory, "pss", memory.uss) / 1_000_000


def _role(process: psutil.Process) -> str:
    if process.name() == "postgres":
        return "postgres"
    words = process.cmdline()
    for name in ("granian", "beat", "worker"):
        if name in words:
            return name
    return "owner" if "zelto.embedded" in words else "granian"
