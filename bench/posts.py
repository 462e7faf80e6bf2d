"""Posts that are stored, and in the same minutes what bounds them.

Those are a bare view, bare inserts, and the endpoint that does everything before it
answers.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from bench.comparison.server import serving
from bench.errors import BenchError
from bench.instance import Instance
from bench.report import Figures, Ratio, at_least, at_most
from bench.senders import Pgbench, Sent, post_sessions

CONNECTIONS = (8, 32)
WARM_UP_SECONDS = 2
NAIVE = "bench.comparison.naive_settings"
BARE = "bench.comparison.bare_settings"

# By name, each for one connection count and so many seconds: its rate and details.
Measure = Callable[[int, int], tuple[float, Figures]]


def measure(
    instance: Instance, *, rounds: int, seconds: int
) -> tuple[Figures, list[Ratio]]:
    """Measure posts to an instance that runs `web` alone, in so many rounds of so many
    seconds each.

    Raises:
        BenchError: what is compared with did not answer 200.
    """
    key = instance.provision("Stored").key
    instance.manage(
        *("migrate", "--run-syncdb", "--verbosity=0"), DJANGO_SETTINGS_MODULE=NAIVE
    )
    with serving(instance, BARE) as bare, serving(instance, NAIVE) as naive:
        pgbench = Pgbench(instance)
        measures: dict[str, Measure] = {
            "stored": _posting(instance, instance.url, key),
            "bare": _without_errors(_posting(instance, bare, key)),
            "inserts": lambda connections, seconds: (
                pgbench.insert_rows(connections=connections, seconds=seconds),
                {},
            ),
            "naive": _without_errors(_posting(instance, naive, key)),
        }
        for one in measures.values():
            one(max(CONNECTIONS), WARM_UP_SECONDS)
        instance.forget_sessions()
        figures = {
            str(connections): _rounds(measures, connections, rounds, seconds)
            for connections in CONNECTIONS
        }
        kept = instance.execute("SELECT count(*) FROM integrations_delivery")[0][0]
        instance.forget_sessions()  # else the next worker would begin with them
    return figures, _ratios(figures, kept)


def _posting(instance: Instance, url: str, key: str) -> Measure:
    def post(connections: int, seconds: int) -> tuple[float, Figures]:
        sent = post_sessions(
            f"{url}/webhooks/calls",
            key,
            folder=instance.folder,
            connections=connections,
            seconds=seconds,
        )
        return sent.rate, _details(sent)

    return post


def _without_errors(measure: Measure) -> Measure:
    """Return the measure, which fails where an answer was not 200."""

    def checked(connections: int, seconds: int) -> tuple[float, Figures]:
        rate, details = measure(connections, seconds)
        if details["not_ok"] or details["lost"]:
            raise BenchError(
                f"What Zelto is compared with did not answer 200: {details}"
            )
        return rate, details

    return checked


def _details(sent: Sent) -> Figures:
    return {
        "answers": sent.answers,
        "not_ok": sent.not_ok,
        "lost": sent.lost,
        "p50_ms": sent.p50_ms,
        "p99_ms": sent.p99_ms,
    }


def _rounds(
    measures: dict[str, Measure], connections: int, rounds: int, seconds: int
) -> Figures:
    """Measure in turns, so that whatever else the machine does affects all of them."""
    found: dict[str, list[Figures]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, one in measures.items():
            rate, details = one(connections, seconds)
            print(f"  {connections:2} connections, {name:8} {rate:8,.0f}/s", flush=True)
            found[name].append({"rate": rate, **details})
    return {
        name: {"rate": median(run["rate"] for run in runs), "runs": runs}
        for name, runs in found.items()
    }


def _ratios(figures: Figures, kept: int) -> list[Ratio]:
    ratios = []
    answered = refused = 0
    for connections, by_name in figures.items():
        rate = {name: one["rate"] for name, one in by_name.items()}
        half = 0.5 / (1 / rate["bare"] + 1 / rate["inserts"])
        title = f"stored posts, {connections} connections"
        ratios += [
            at_least(f"{title} / half of (view + insert)", rate["stored"] / half, 1),
            at_least(f"{title} / naive endpoint", rate["stored"] / rate["naive"], 8),
        ]
        runs = by_name["stored"]["runs"]
        refused += sum(run["not_ok"] + run["lost"] for run in runs)
        answered += sum(run["answers"] - run["not_ok"] for run in runs)
    # A post whose answer wrk did not wait for is stored as well.
    missing = max(0, answered - kept)
    return [
        *ratios,
        at_most("answers other than 200", refused, 0),
        at_most("answered 200 and not in the log", missing, 0),
    ]
