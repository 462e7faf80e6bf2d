"""Pages of an organization with ten thousand conversations, and with a million."""

from __future__ import annotations

import time
from collections.abc import Iterable
from statistics import median, quantiles

from bench.addresses import Page, kinds_of_pages
from bench.errors import BenchError
from bench.filling import AGENTS_OF, fill
from bench.instance import Instance, Tenant
from bench.programs import kinds_of_requests, ratios_of_requests
from bench.reader import Reader
from bench.report import Figures, Ratio, at_most, below
from bench.searches import kinds_of_searches

SMALL = 10_000
LARGE = 1_000_000
WARM_UP = 5
GOAL = 1.5
SEARCH_GOAL = 300  # ms


def measure(instance: Instance, *, is_quick: bool) -> tuple[Figures, list[Ratio]]:
    """Measure pages, searches and requests; `is_quick` leaves out the million."""
    tenants = [instance.provision(name) for name in AGENTS_OF]
    small = _filled(instance, tenants[0], SMALL)
    if is_quick:
        return {str(SMALL): small}, []
    large = _filled(instance, tenants[0], LARGE)
    ratios = [
        at_most(
            f"{name}, 1 M / 10 k conversations",
            large[name]["p50_ms"] / one["p50_ms"],
            GOAL,
        )
        for name, one in small.items()
    ]
    searches = _searches(instance, tenants[0])
    ratios += [
        below(f"{name}, 1 M, p95", one["p95_ms"], SEARCH_GOAL, " ms")
        for name, one in searches.items()
    ]
    requests = _all_timed(
        Reader(instance.port, tenants[0].key),
        kinds_of_requests(instance.execute, tenants[0].slug, instance.seal),
    )
    ratios += ratios_of_requests(requests)
    figures = {str(SMALL): small, str(LARGE): large}
    return figures | {"searches": searches, "requests": requests}, ratios


def _filled(instance: Instance, tenant: Tenant, conversations: int) -> Figures:
    instance.forget_sessions()
    began = time.monotonic()
    fill(instance.execute, conversations)
    size = instance.execute("SELECT pg_database_size(current_database())")[0][0]
    print(
        f"  {conversations:,} conversations, filled in {time.monotonic() - began:.0f} s, "
        f"{size / 1e9:.2f} GB",
        flush=True,
    )
    reader = Reader.signed_in(instance, tenant)
    return _all_timed(reader, kinds_of_pages(instance.execute, tenant.slug))


def _searches(instance: Instance, tenant: Tenant) -> Figures:
    reader = Reader.signed_in(instance, tenant)
    return _all_timed(reader, kinds_of_searches(instance.execute, tenant.slug))


def _all_timed(reader: Reader, kinds: Iterable[tuple[str, list[Page]]]) -> Figures:
    figures = {}
    for name, pages in kinds:
        figures[name] = _timed(reader, pages)
        print(
            f"  {name:28} p50 {figures[name]['p50_ms']:8.1f} ms, "
            f"p95 {figures[name]['p95_ms']:8.1f} ms",
            flush=True,
        )
    return figures


def _timed(reader: Reader, pages: list[Page]) -> Figures:
    for page in pages[:WARM_UP]:
        reader.get(page.path)
    seconds = []
    for page in pages:
        answer = reader.get(page.path)
        if page.shows not in answer.text:
            raise BenchError(f"{page.path} does not show {page.shows}.")
        seconds.append(answer.seconds)
    cuts = quantiles(seconds, n=100, method="inclusive")
    return {"p50_ms": median(seconds) * 1000, "p95_ms": cuts[94] * 1000}
