"""The command line of `make bench BENCH=neighbours`."""

from __future__ import annotations

import argparse
import subprocess
import time
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any

import psycopg

from bench.errors import BenchError
from bench.neighbours import table
from bench.neighbours.cases import CASES
from bench.neighbours.measuring import QUICK, USUAL, measure
from bench.report import Report
from zelto.embedded.errors import StartupError
from zelto.embedded.host import make_data_directory
from zelto.env import CHECKOUT, data_directory

# What one case may break by, without the others: it is printed.
NOT_MEASURED = (BenchError, StartupError, OSError, HTTPException, psycopg.Error)


def read_arguments(words: Sequence[str]) -> argparse.Namespace:
    """Return the options, with `cases` as a list and `checkout` as a folder."""
    parser = argparse.ArgumentParser(
        prog="python -m bench neighbours",
        description="Measures what one organization feels of another.",
    )
    parser.add_argument("--only", metavar="CASES", help=f"some of: {','.join(CASES)}")
    parser.add_argument(
        "--quick", action="store_true", help="six seconds of each: does it work at all?"
    )
    parser.add_argument(
        "--checkout",
        type=Path,
        default=CHECKOUT,
        help="another work tree, with a .venv of its own, whose stack is measured",
    )
    arguments = parser.parse_args(words)
    arguments.cases = (arguments.only or ",".join(CASES)).split(",")
    if unknown := set(arguments.cases) - set(CASES):
        parser.error(f"there is no case {', '.join(sorted(unknown))}")
    arguments.checkout = arguments.checkout.resolve()
    if not (arguments.checkout / ".venv" / "bin" / "python").exists():
        parser.error(f"{arguments.checkout} has no .venv; make one there first")
    return arguments


def run(words: Sequence[str]) -> None:
    """Measure all requested cases, one after the other; print the table and store all.

    Raises:
        BenchError: nothing could be measured.
    """
    arguments = read_arguments(words)
    # The cluster's own account must be able to walk to it.
    results = data_directory() / "bench"
    make_data_directory(results)
    report = Report(_options(arguments))
    for name in arguments.cases:
        _add(report, name, arguments, results / "neighbours")
    if not report.figures:
        raise BenchError("No case could be measured.")
    missed = sum(not one.met for one in report.ratios)
    print(f"\n{table.markdown(report.figures)}\n\n{_targets()}")
    print(f"{missed} of {len(report.ratios)} figures miss their target.")
    print(f"All figures: {report.write(results)}")


def _add(
    report: Report, name: str, arguments: argparse.Namespace, folder: Path
) -> None:
    """Measure a case; where that is not possible, say why and go on."""
    print(f"{name}: {CASES[name].title}", flush=True)
    times = QUICK if arguments.quick else USUAL
    began = time.monotonic()
    try:
        found = measure(name, folder, arguments.checkout, times)
    except NOT_MEASURED as error:
        print(f"  not measured: {error}", flush=True)
        return
    print(_told(found, time.monotonic() - began), flush=True)
    report.add(name, found, table.ratios(name, found))


def _told(found: dict[str, Any], seconds: float) -> str:
    """Return what is printed of a case when it is over."""
    cells = table.row("", found)[1:]
    attack, noise = found["attack"], found["noise"]
    got = ", ".join(f"{count} x {what}" for what, count in attack["counts"].items())
    return "\n".join(
        (
            "  "
            + "; ".join(
                f"{h} {c}" for h, c in zip(table.HEADS[1:], cells, strict=True)
            ),
            f"  neighbour got: {got or 'nothing'}; database grew {found['size_mb']:.0f} MB",
            f"  failures: {found['failures'] or 'none'}",
            f"  load before {noise['load_average']:.2f}, busy while idle "
            f"{noise['cpu_busy_share']:.0%}; share of a core: good one "
            f"{found['generator_cpu_share']:.0%} (behind its clock by "
            f"{table.duration(found['generator_late_p99'])}, p99), neighbour "
            f"{attack['cpu_share']:.0%}; it took {seconds:.0f} s",
        )
    )


def _targets() -> str:
    goals = (
        f"{target.name} at most {target.at_most:g}{' s' if target.unit == 's' else target.unit}"
        for target in table.TARGETS.values()
    )
    return f"Bold misses its target: {', '.join(goals)}."


def _options(arguments: argparse.Namespace) -> dict[str, Any]:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607
        cwd=arguments.checkout,
        capture_output=True,
        text=True,
    )
    return {
        "bench": "neighbours",
        "cases": arguments.cases,
        "quick": arguments.quick,
        "commit": commit.stdout.strip(),
    }
