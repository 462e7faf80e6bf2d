"""The command line of the bench of silence: `make bench BENCH=silence`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from statistics import median

from bench.report import Figures, Report
from bench.silence import cost
from bench.silence.agents import AGENTS_OF_A_KIND
from bench.silence.years import Result, simulate
from zelto.embedded.host import make_data_directory
from zelto.env import data_directory

SEEDS = (1, 2, 3)
QUICK_AGENTS = 7
HEAD = (
    f"{'':18} {'false alarms':>14} {'median delay, h':>18} {'of the':>8} "
    f"{'ratio':>12} {'missed':>11}\n"
    f"{'':18} {'before    now':>14} {'before      now':>18} {'oracle':>8} "
    f"{'before   now':>12} {'before now':>11}"
)


def read_arguments(words: Sequence[str]) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench silence",
        description="Simulates years of agents, and measures what judging them costs.",
    )
    parser.add_argument("--quick", action="store_true", help="one seed, few agents")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument(
        "--only", choices=("years", "cost"), help="one of both; else both"
    )
    return parser.parse_args(words)


def run(words: Sequence[str]) -> None:
    """Simulate and measure, print what was found and write it down.

    Raises:
        BenchError: something is not as it should be.
    """
    arguments = read_arguments(words)
    report = Report({"quick": arguments.quick, "seeds": arguments.seeds})
    if arguments.only != "cost":
        seeds = arguments.seeds[:1] if arguments.quick else arguments.seeds
        count = QUICK_AGENTS if arguments.quick else AGENTS_OF_A_KIND
        report.add("silence years", years(seeds, count), [])
    results = data_directory() / "bench"
    make_data_directory(results)
    if arguments.only != "years":
        figures = cost.measure(results / "instance", is_quick=arguments.quick)
        report.add("silence cost", figures, [])
    print(f"\nAll figures: {report.write(results)}")


def years(seeds: Sequence[int], count: int) -> Figures:
    """Simulate years, and print a table for each seed and one of all."""
    total: dict[str, tuple[Result, Result]] = {}
    for seed in seeds:
        print(f"\nSeed {seed}\n{HEAD}", flush=True)
        for kind, former, ours in simulate(seed, count):
            print(_line(kind, former, ours), flush=True)
            sums = total.setdefault(kind, (Result(), Result()))
            sums[0].add(former)
            sums[1].add(ours)
    print(f"\nAll seeds, {count} agents of a kind each\n{HEAD}")
    for kind, (former, ours) in total.items():
        print(_line(kind, former, ours))
    return {
        kind: {"before": _figures(former), "now": _figures(ours)}
        for kind, (former, ours) in total.items()
    }


def _line(kind: str, former: Result, ours: Result) -> str:
    return (
        f"{kind:18} {former.alarms_a_year:7.2f} {ours.alarms_a_year:6.2f} "
        f"{median(former.delays):9.2f} {median(ours.delays):8.2f} "
        f"{median(ours.of_oracle):8.2f} {former.ratio:6.2f} {ours.ratio:5.2f} "
        f"{former.missed:7} {ours.missed:3}"
    )


def _figures(result: Result) -> Figures:
    return {
        "years": result.years,
        "false_alarms_a_year": result.alarms_a_year,
        "of_the_organization": result.of_all,
        "median_delay_hours": median(result.delays),
        "median_delay_of_the_oracle_hours": median(result.of_oracle),
        "ratio": result.ratio,
        "outages": len(result.delays),
        "missed": result.missed,
    }
