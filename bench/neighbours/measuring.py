"""One case, on an instance of its own: prepare, attack, measure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.instance import Instance, Tenant, empty_instance
from bench.neighbours import preparation
from bench.neighbours.cases import CASES
from bench.neighbours.children import Child, child
from bench.neighbours.good import Plan
from bench.neighbours.preparation import RECORDED_SECONDS, Place
from bench.neighbours.sampling import MemorySampler, noise
from bench.neighbours.sound import ALLOWED, BAD_HOST, GOOD_HOST, recordings, sound
from bench.reader import Reader
from bench.session import session

SETTINGS = {
    "ZELTO_RECORDING_ALLOW": ALLOWED,
    "ZELTO_STT_ENGINE": "none",
    "ZELTO_WEB_THREADS": "",
}
# What the good one gives each of its requests, and a little more.
ANSWERS_WITHIN = 60.0
EARLIER_SESSIONS = 20


@dataclass(frozen=True, slots=True)
class Times:
    """How long a case lasts, in seconds; see `good.Plan`."""

    warm_up: float
    seconds: float
    grace: float


USUAL = Times(warm_up=4, seconds=30, grace=30)
QUICK = Times(warm_up=1, seconds=6, grace=10)


def measure(name: str, folder: Path, checkout: Path, times: Times) -> dict[str, Any]:
    """Return the figures of a case.

    folder: of the instance; it must not be there, and is not afterwards.

    Raises:
        BenchError: the instance did not start, or refused what it should take.
    """
    with _place(folder, checkout) as place:
        plan = _plan(place, times)
        facts = CASES[name].prepare(place)
        target = {
            "port": place.instance.port,
            "key": place.bad.key,
            "cookie": _cookie(place.instance, place.bad),
            "slug": place.bad.slug,
            "facts": facts,
        }
        found: dict[str, Any] = {"noise": noise(), "size_mb": -_database_mb(place)}
        found |= _attacked(place, plan, {"case": name, "target": target})
        found["size_mb"] += _database_mb(place)
    return found


@contextmanager
def _place(folder: Path, checkout: Path) -> Iterator[Place]:
    with (
        empty_instance(folder, checkout=checkout, settings=SETTINGS) as instance,
        instance.running(),
        recordings(BAD_HOST) as sounds,
    ):
        good, bad = instance.provision("Good"), instance.provision("Bad")
        yield Place(instance, good, bad, sounds)


def _attacked(place: Place, plan: Plan, attack: dict[str, Any]) -> dict[str, Any]:
    """Measure while the neighbour is at it, until the good one has all it waits for."""
    with recordings(GOOD_HOST) as sounds, MemorySampler(place.instance) as memory:
        good_plan = asdict(plan) | {"sounds": sounds}
        with child("good", good_plan) as good:
            good.line(plan.warm_up + ANSWERS_WITHIN)
            with child("attacker", attack) as attacker:
                found = _last_line(good, plan)
                found["attack"] = attacker.stop()
    role, size = memory.largest
    found["memory"] = {"largest": role, "largest_mb": size, "by_role": memory.peaks}
    return found


def _last_line(good: Child, plan: Plan) -> dict[str, Any]:
    lasts = plan.seconds + plan.grace + ANSWERS_WITHIN
    found: dict[str, Any] = json.loads(good.line(lasts))
    return found


def _plan(place: Place, times: Times) -> Plan:
    """Give the good one a few sessions and a recording, and name its pages."""
    instance, good = place.instance, place.good
    for number in range(EARLIER_SESSIONS):
        preparation.post(instance.port, good.key, session(f"9{number:011}", "07"))
    with recordings(GOOD_HOST) as sounds:
        earlier = session("earlier", "07")
        earlier["call"]["recordingUrl"] = f"{sounds}/{RECORDED_SECONDS}/earlier.wav"
        conversation = preparation.arrived(place, good, earlier, stored=True)
    found = Reader(instance.port, good.key).get("/v1/agents").text
    agent = json.loads(found)["data"][0]["id"]
    base = f"/org/{good.slug}"
    page = f"{base}/conversations/{conversation}"
    pages = [
        *(f"{base}/conversations", page),
        *(f"{base}/agents/{agent}", f"{base}/deliveries"),
    ]
    return Plan(
        port=instance.port,
        key=good.key,
        cookie=_cookie(instance, good),
        pages=pages,
        recording=f"{page}/recording",
        recording_bytes=len(sound(RECORDED_SECONDS)),
        sounds="",
        **asdict(times),
    )


def _cookie(instance: Instance, tenant: Tenant) -> str:
    cookies = Reader.signed_in(instance, tenant).cookies
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def _database_mb(place: Place) -> float:
    size: int = place.instance.execute("SELECT pg_database_size(current_database())")[
        0
    ][0]
    return size / 1_000_000
