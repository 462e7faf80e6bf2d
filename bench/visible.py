"""How long after a post its session is in the list of conversations."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import quantiles

import psycopg

from bench import processing
from bench.errors import BenchError
from bench.instance import Instance, Tenant
from bench.reader import Reader
from bench.report import Figures, Ratio, below
from bench.session import body
from zelto.embedded.postgres_config import connection_parameters

GOAL = 1.0  # seconds
LOOK_EVERY = 0.005
GIVE_UP_AFTER = 30.0
# Longer than a worker looks for more, and in step with no clock.
PAUSE = (0.6, 1.6)


def measure(
    instance: Instance, tenant: Tenant, *, samples: int, load: float
) -> tuple[Figures, list[Ratio]]:
    """Measure without load, and then with posts of another organization.

    load: posts a second.
    """
    watched = instance.provision("Watched")
    watcher = Watcher(instance, watched)
    idle = watcher.samples(samples)
    with _loaded(instance, tenant, load):
        busy = watcher.samples(samples // 2)
    processing.wait_until_drained(instance)
    figures = {"idle": _figures(idle), "busy": _figures(busy) | {"load": load}}
    for name, found in figures.items():
        print(f"  {name}: p50 {found['p50']:.3f} s, p99 {found['p99']:.3f} s")
    return figures, [
        below("post to visible, idle, p99", figures["idle"]["p99"], GOAL, " s"),
        below(
            f"post to visible at {load:,.0f}/s, p99", figures["busy"]["p99"], 2.0, " s"
        ),
    ]


class Watcher:
    """Posts one session at a time, and looks until its list shows it.

    The list is requested once the row is there: requesting it all the time would be a
    load.
    """

    def __init__(self, instance: Instance, tenant: Tenant) -> None:
        self.instance = instance
        self.tenant = tenant
        self.reader = Reader.signed_in(instance, tenant)
        self.list = f"/org/{tenant.slug}/conversations"

    def samples(self, count: int) -> list[float]:
        """Return so many samples, in seconds."""
        self.sample()  # its connections are made here
        return [self.sample() for _ in range(count)]

    def sample(self) -> float:
        """Return the seconds from a post to a list that shows it.

        Raises:
            BenchError: the session is stored, and its list does not show it.
        """
        time.sleep(random.uniform(*PAUSE))  # noqa: S311 - no secret
        call = f"{random.getrandbits(40):012x}"
        payload = body(call, "07")
        began = time.perf_counter()
        self.post(payload)
        self.wait_for_row(f"call-{call}")
        page = self.reader.get(self.list).text
        seconds = time.perf_counter() - began
        if f"call-{call}" not in page:
            raise BenchError("A session is stored, and its list does not show it.")
        return seconds

    def post(self, payload: str) -> None:
        """Post a session.

        Raises:
            BenchError: it was not answered 200.
        """
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.instance.port, timeout=GIVE_UP_AFTER
        )
        headers = {
            "Authorization": f"Bearer {self.tenant.key}",
            "Content-Type": "application/json",
        }
        connection.request("POST", "/webhooks/calls", payload, headers)
        status = connection.getresponse().status
        connection.close()
        if status != 200:
            raise BenchError(f"A post was answered with {status}.")

    def wait_for_row(self, external_id: str) -> None:
        """Wait until the conversation of a post is stored.

        Raises:
            BenchError: it is not, after `GIVE_UP_AFTER` seconds.
        """
        give_up_at = time.monotonic() + GIVE_UP_AFTER
        where = connection_parameters(self.instance.data_dir)
        with psycopg.connect(autocommit=True, **where) as connection:
            while not connection.execute(
                "SELECT FROM conversations_conversation WHERE external_id = %s "
                "AND organization_id = "
                "(SELECT id FROM accounts_organization WHERE slug = %s)",
                [external_id, self.tenant.slug],
            ).fetchall():
                if time.monotonic() > give_up_at:
                    raise BenchError(f"No conversation after {GIVE_UP_AFTER:.0f} s.")
                time.sleep(LOOK_EVERY)


@contextmanager
def _loaded(instance: Instance, tenant: Tenant, load: float) -> Iterator[None]:
    """Let another organization post during the block, in runs that end soon after it."""
    ending = threading.Event()

    def post() -> None:
        while not ending.is_set():
            processing.post(instance, tenant, seconds=5, rate=load)

    thread = threading.Thread(target=post)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def _figures(samples: list[float]) -> Figures:
    cuts = quantiles(samples, n=100, method="inclusive")
    return {
        "samples": len(samples),
        "p50": cuts[49],
        "p99": cuts[98],
        "worst": max(samples),
    }
