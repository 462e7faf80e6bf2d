"""The rounds of a worker, minute by minute, in a process of their own whose CPU is read."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

import django
import psutil

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zelto.settings")
django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import Organization  # noqa: E402
from conversations.agents.judgement import judge_agents, overdue  # noqa: E402
from conversations.agents.week_picture import day_so_far, week_picture  # noqa: E402
from conversations.arrivals.learning import learn_arrivals  # noqa: E402
from conversations.models import Agent, ArrivalHistory, Conversation  # noqa: E402

LIMIT = 1000
PAGES = 20


class Cpu:
    """Seconds of CPU: of this process, and of its backend in Postgres."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self.backend = psutil.Process(cursor.fetchone()[0])
        self.own = self.postgres = 0.0

    @contextmanager
    def added(self) -> Iterator[None]:
        """Add what the block takes."""
        own, postgres = time.process_time(), self._postgres()
        yield
        self.own += time.process_time() - own
        self.postgres += self._postgres() - postgres

    def _postgres(self) -> float:
        times = self.backend.cpu_times()
        return float(times.user + times.system)


def main() -> None:
    """Play so many hours, and print figures as JSON."""
    hours = int(sys.argv[1])
    begin = timezone.now().replace(second=0, microsecond=0)
    figures = {}
    cpu = Cpu()
    with cpu.added():
        while learn_arrivals(begin, seconds=60):
            pass
    figures["first count and learning, own s"] = cpu.own
    figures["first count and learning, Postgres s"] = cpu.postgres
    with cpu.added():
        silent = _judge_all(begin)
    cpu, first = Cpu(), Cpu()
    agents = list(Agent.objects.values_list("id", "organization_id"))
    chance = random.Random(17)  # noqa: S311 - repeatable
    a_minute = Conversation.objects.count() / (365 * 24 * 60)
    for minute in range(hours * 60):
        now = begin + timedelta(minutes=minute)
        _arrive(agents, chance, a_minute, now)
        with cpu.added():
            learn_arrivals(now, seconds=1)
            silent += len(overdue(now, LIMIT))
    figures["rounds of an hour, own s"] = cpu.own / hours
    figures["rounds of an hour, Postgres s"] = cpu.postgres / hours
    figures["rounds of an hour, both s"] = (cpu.own + cpu.postgres) / hours
    figures["told silent, an hour"] = silent / hours
    figures["known agents"] = ArrivalHistory.objects.exclude(rates=None).count()
    figures |= _pages(first, begin + timedelta(hours=hours))
    print(json.dumps(figures))


def _judge_all(now: datetime) -> int:
    silent = 0
    while ArrivalHistory.objects.filter(look_at__lte=now).exists():
        silent += len(overdue(now, LIMIT))
    return silent


def _arrive(
    agents: list[tuple[UUID, UUID]],
    chance: random.Random,
    a_minute: float,
    now: datetime,
) -> None:
    """Have as many sessions arrive as in the year before; not measured."""
    count = int(a_minute) + (chance.random() < a_minute % 1)
    chosen = [agents[int(chance.random() ** 1.5 * len(agents))] for _ in range(count)]
    Conversation.objects.bulk_create(
        Conversation(
            organization_id=organization_id,
            agent_id=agent_id,
            provider="livekit",
            external_id=f"now-{now.timestamp():.0f}-{number}",
            created_at=now,
        )
        for number, (agent_id, organization_id) in enumerate(chosen)
    )


def _pages(cpu: Cpu, now: datetime) -> dict[str, float]:
    """Return milliseconds of CPU, own and Postgres's, of what pages ask for."""
    organization = Organization.objects.get(name="Northwind")
    agents = list(Agent.objects.filter(organization=organization)[:500])
    asked: dict[str, Callable[[], object]] = {
        "day so far": lambda: day_so_far(organization, now, organization.zone),
        "week of an agent": lambda: week_picture(agents[0], now, organization.zone),
        "one agent judged": lambda: judge_agents(agents[:1], now, organization.zone),
        "500 agents judged": lambda: judge_agents(agents, now, organization.zone),
    }
    found = {}
    for name, ask in asked.items():
        ask()
        cpu.own = cpu.postgres = 0.0
        with cpu.added():
            for _ in range(PAGES):
                ask()
        found[f"{name}, own ms"] = 1000 * cpu.own / PAGES
        found[f"{name}, Postgres ms"] = 1000 * cpu.postgres / PAGES
    return found


if __name__ == "__main__":
    main()
