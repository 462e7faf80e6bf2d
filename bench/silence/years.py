"""Years of made-up agents, judged by a rule: false alarms, delays, what was missed."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Protocol
from uuid import uuid4

from bench.silence.agents import LOCAL_DAYS, ZONE, SimulatedAgent, kinds
from bench.silence.former_rule import FormerRule
from bench.silence.rules import NEVER, Judged, Oracle, moment_of
from conversations.agents.organization_silence import organization_quiet
from conversations.agents.states import Judgement, State, usual_gap
from conversations.arrivals.week_hours import expected_between, moment_after

OUTAGES = 40
OUTAGE_HOURS = 14 * 24
# Before this nobody could say what is usual for a newcomer.
KNOWN_AFTER = 168
LEARNT_EVERY = 7
# What is usual changes daily for a newcomer.
LEARNT_EVERY_OF_NEWCOMERS = 1


class Rule(Protocol):
    """A rule by which an agent counts as silent."""

    def alarms(self) -> Iterator[tuple[int, float]]:
        """Yield the place of the last session before each false alarm, and its look."""

    def delay(self, begin: float) -> float:
        """Return the hours until an outage that begins at a moment is seen."""


@dataclass(slots=True)
class Result:
    """What came of the agents of a kind. delays, of_oracle: hours, of each outage. of_all:
    alarms that were one of the organization's.
    """

    years: float = 0.0
    alarms: float = 0.0
    of_all: int = 0
    delays: list[float] = field(default_factory=list)
    of_oracle: list[float] = field(default_factory=list)

    @property
    def alarms_a_year(self) -> float:
        """Return false alarms an agent-year."""
        return self.alarms / self.years

    @property
    def ratio(self) -> float:
        """Return the median delay over that of the oracle."""
        return median(self.delays) / median(self.of_oracle)

    @property
    def missed(self) -> int:
        """Return how many outages of two weeks were not seen while they lasted."""
        return sum(delay > OUTAGE_HOURS for delay in self.delays)

    def add(self, other: Result) -> None:
        """Add what came of other agents."""
        self.years += other.years
        self.alarms += other.alarms
        self.of_all += other.of_all
        self.delays += other.delays
        self.of_oracle += other.of_oracle


def simulate(seed: int, count: int) -> Iterator[tuple[str, Result, Result]]:
    """Yield each kind of agents, and what came of them by the former rule and by ours.

    count: agents of a kind.
    """
    chance = random.Random(seed)  # noqa: S311 - repeatable
    for kind, agents in kinds(chance, count).items():
        for agent in agents:
            agent.call(chance)
        outages = [_outages(agent, chance) for agent in agents]
        yield (
            kind,
            _judge(agents, [FormerRule(agent) for agent in agents], outages),
            _judge(agents, _ours(kind, agents), outages),
        )


def _ours(kind: str, agents: Sequence[SimulatedAgent]) -> list[Judged]:
    if kind == "holidays":
        together = [
            sum(counts) for counts in zip(*(one.counts for one in agents), strict=True)
        ]
        return [Judged(agent, LEARNT_EVERY, together) for agent in agents]
    is_new = kind == "newcomers"
    every = LEARNT_EVERY_OF_NEWCOMERS if is_new else LEARNT_EVERY
    return [Judged(agent, every) for agent in agents]


def _outages(agent: SimulatedAgent, chance: random.Random) -> list[float]:
    """Return when outages begin, the agent's sessions ending there."""
    is_new = agent.kind == "newcomers"
    first = agent.first + (KNOWN_AFTER if is_new else 0)
    last = agent.last - (0 if is_new else OUTAGE_HOURS)
    return [chance.uniform(first, last) for _ in range(OUTAGES)]


def _judge(
    agents: Sequence[SimulatedAgent],
    rules: Sequence[Rule],
    outages: Sequence[Sequence[float]],
) -> Result:
    result = Result()
    alarms: list[tuple[float, int]] = []
    for number, (agent, rule) in enumerate(zip(agents, rules, strict=True)):
        oracle = Oracle(agent)
        result.years += agent.years
        alarms += [(seen, number) for _, seen in rule.alarms()]
        for begin in outages[number]:
            if (of_oracle := oracle.delay(begin)) < NEVER:
                result.of_oracle.append(of_oracle)
                result.delays.append(rule.delay(begin))
    ours = [rule for rule in rules if isinstance(rule, Judged)]
    if agents[0].kind == "holidays" and ours:
        alarms, result.of_all = _told_once(ours, alarms)
    result.alarms = len(alarms) + result.of_all
    return result


def _told_once(
    judged: Sequence[Judged], alarms: Sequence[tuple[float, int]]
) -> tuple[list[tuple[float, int]], int]:
    """Return the alarms that are of one agent, and how many are of the organization: one a
    day, however many agents are silent on it.
    """
    own, days = [], set()
    silent: dict[int, float] = {}
    for seen, number in sorted(alarms):
        silent[number] = seen
        judgements = [
            _judgement(one, seen, silent.get(n)) for n, one in enumerate(judged)
        ]
        if organization_quiet(judgements, moment_of(seen)):
            days.add(LOCAL_DAYS[int(seen)])
        else:
            own.append((seen, number))
    return own, len(days)


def _judgement(judged: Judged, hours: float, seen: float | None) -> Judgement:
    """Return an agent's judgement at a moment; seen: its last alarm until then."""
    times = judged.agent.times
    place = bisect_right(times, hours) - 1
    usual = judged.usual_at(hours)
    if place < 0 or usual is None:
        return Judgement(uuid4(), State.NEW)
    last, now = moment_of(times[place]), moment_of(hours)
    is_silent = seen is not None and times[place] < seen
    expected = expected_between(usual.rates, last, now, ZONE)
    return Judgement(
        uuid4(),
        State.QUIET if is_silent else State.ACTIVE,
        silent_since=last,
        half_expected_at=moment_after(usual.rates, last, expected / 2, ZONE),
        expected=expected,
        usual_gap=usual_gap(usual, now, ZONE),
    )
