"""The command line of `make bench BENCH=livekit`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence

from bench.instance import Instance, empty_instance
from bench.livekit_upload import measuring
from bench.report import Figures, Report
from zelto.embedded.host import make_data_directory
from zelto.env import data_directory

Measure = Callable[[Instance, bool], Figures]
MEASURES: dict[str, Measure] = {
    "rate": lambda instance, is_quick: measuring.rate(
        instance, count=200 if is_quick else 1_000
    ),
    "visible": lambda instance, is_quick: measuring.visible(
        instance, samples=5 if is_quick else 20
    ),
    "worker": lambda instance, is_quick: measuring.real_worker(
        instance, samples=1 if is_quick else 3
    ),
    "audio": lambda instance, is_quick: measuring.audio(
        instance, minutes=1 if is_quick else 10, sessions=1 if is_quick else 3
    ),
}


def read_arguments(words: Sequence[str]) -> argparse.Namespace:
    """Return the options, with `measures` as a list."""
    parser = argparse.ArgumentParser(
        prog="python -m bench livekit",
        description="Measures LiveKit's own upload, as livekit-agents 1.8.9 posts.",
    )
    parser.add_argument(
        "--only", metavar="MEASURES", help=f"some of: {','.join(MEASURES)}"
    )
    parser.add_argument("--quick", action="store_true", help="does it work at all?")
    arguments = parser.parse_args(words)
    arguments.measures = (arguments.only or ",".join(MEASURES)).split(",")
    if unknown := set(arguments.measures) - set(MEASURES):
        parser.error(f"there is no measure {', '.join(sorted(unknown))}")
    return arguments


def run(words: Sequence[str]) -> None:
    """Measure, and print and write down what was found.

    Raises:
        BenchError: something is not as it should be.
    """
    arguments = read_arguments(words)
    report = Report({"measures": arguments.measures, "quick": arguments.quick})
    results = data_directory() / "bench"
    make_data_directory(results)
    with empty_instance(results / "instance") as instance, instance.running():
        report.database = instance.database_settings()
        for name in arguments.measures:
            figures = MEASURES[name](instance, arguments.quick)
            figures["load_average"] = os.getloadavg()[0]
            report.add(f"livekit {name}", figures, [])
            print(f"{name}: {_in_words(figures)}", flush=True)
    print(f"\nAll figures: {report.write(results)}")


def _in_words(figures: Figures) -> str:
    def shown(value: object) -> str:
        if isinstance(value, list):
            return " ".join(map(shown, value))
        return f"{value:.3g}" if isinstance(value, float) else f"{value:,}"

    return "; ".join(f"{key} {shown(value)}" for key, value in figures.items())
