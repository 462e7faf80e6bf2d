"""Measures Zelto and compares, all in one run (`make bench`). See bench/README.md."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from types import FrameType

from django.core.exceptions import ImproperlyConfigured

from bench import events, memory, pages, posts, processing, visible
from bench.errors import BenchError
from bench.instance import Instance, empty_instance
from bench.livekit_upload import cli as livekit_upload
from bench.neighbours import cli as neighbours
from bench.report import Report
from bench.senders import wrk
from bench.silence import cli as silence
from zelto.embedded.errors import StartupError
from zelto.embedded.host import make_data_directory
from zelto.env import data_directory

QUIET_LOAD = 0.7
# Benches of their own.
OTHERS = {
    "neighbours": neighbours.run,
    "livekit": livekit_upload.run,
    "silence": silence.run,
}
SECTIONS = ("posts", "processing", "visible", "events", "memory", "pages")


def read_arguments() -> argparse.Namespace:
    """Return the options of the command line, with `sections` as a list."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--only", metavar="SECTIONS", help=f"some of: {','.join(SECTIONS)}"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="short runs, and no million conversations: does it work at all?",
    )
    arguments = parser.parse_args()
    arguments.sections = (arguments.only or ",".join(SECTIONS)).split(",")
    unknown = set(arguments.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"there is no section {', '.join(sorted(unknown))}")
    return arguments


class Run:
    """A run of the bench: which sections are measured, and what was found."""

    def __init__(self, instance: Instance, arguments: argparse.Namespace) -> None:
        self.instance = instance
        self.sections = arguments.sections
        self.is_quick = arguments.quick
        self.report = Report({"sections": self.sections, "quick": self.is_quick})

    def measure(self) -> Report:
        """Measure all requested sections."""
        if "posts" in self.sections:
            with self.instance.running("web"):
                self.measure_stored_only()
        if set(self.sections) - {"posts"}:
            with self.instance.running():
                self.measure_whole_stack()
        return self.report

    def measure_stored_only(self) -> None:
        """Measure posts without a worker."""
        self.announce("posts")
        rounds, seconds = (1, 3) if self.is_quick else (3, 6)
        self.report.add(
            "posts", *posts.measure(self.instance, rounds=rounds, seconds=seconds)
        )

    def measure_whole_stack(self) -> None:
        """Measure with the worker; memory right after the load, pages last: they fill
        it.
        """
        tenant = self.instance.provision("Processed")
        rate = processing.GOAL_RATE
        if "processing" in self.sections:
            self.announce("processing")
            figures, ratios = processing.measure(
                self.instance,
                tenant,
                seconds=5 if self.is_quick else 20,
                stored_rate=self.stored_rate(),
            )
            self.report.add("processing", figures, ratios)
            rate = figures["flat_out"]["rate"]
        if "visible" in self.sections:
            self.announce("visible")
            samples = 10 if self.is_quick else 50
            self.report.add(
                "visible",
                *visible.measure(self.instance, tenant, samples=samples, load=rate / 2),
            )
        if "events" in self.sections:
            self.announce("events")
            seconds = 6 if self.is_quick else 60
            self.report.add(
                "events", *events.measure(self.instance, tenant, seconds=seconds)
            )
        if "memory" in self.sections:
            self.announce("memory")
            if "processing" not in self.sections:
                processing.post(self.instance, tenant, seconds=5)
            self.report.add("memory", *memory.measure(self.instance))
        if "pages" in self.sections:
            self.announce("pages")
            self.report.add(
                "pages", *pages.measure(self.instance, is_quick=self.is_quick)
            )

    def stored_rate(self) -> float | None:
        """Return the posts a second that were stored without a worker, where that was
        measured.
        """
        if "posts" not in self.report.figures:
            return None
        by_name = self.report.figures["posts"][str(processing.CONNECTIONS)]
        rate: float = by_name["stored"]["rate"]
        return rate

    def announce(self, section: str) -> None:
        """Print the section, and read the settings of the database."""
        print(f"{section}:", flush=True)
        self.report.database = self.instance.database_settings()


def main() -> int:
    """Run the bench, and return the exit status."""
    signal.signal(signal.SIGTERM, _end)
    try:
        if sys.argv[1:] and sys.argv[1] in OTHERS:
            warn_of_load()
            OTHERS[sys.argv[1]](sys.argv[2:])
            return 0
        arguments = read_arguments()
        wrk()
        warn_of_load()
        # The cluster's own account must be able to walk to it.
        results = data_directory() / "bench"
        make_data_directory(results)
        with empty_instance(results / "instance") as instance:
            report = Run(instance, arguments).measure()
        print(f"\n{report.table()}\n\nAll figures: {report.write(results)}")
    except (BenchError, StartupError, ImproperlyConfigured) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Stopped; nothing was written.\n")
        return 1
    return 0


def warn_of_load() -> None:
    """Print a warning where other programs keep the machine busy."""
    load = os.getloadavg()[0]
    if load > QUIET_LOAD:
        print(
            f"Something else is running here (load average {load:.1f}), so these "
            "figures will not be those of the machine.",
            flush=True,
        )


def _end(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zelto.settings")
    sys.exit(main())
