"""All posts of a demo, in the order in which they would have arrived."""

from __future__ import annotations

import math
from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from integrations.demo import bodies
from integrations.demo.agents import Agent, agent_slots
from integrations.demo.chance import randomness
from integrations.demo.posts import Post, posts_of
from integrations.demo.refusals import Refusals
from integrations.demo.session import Session, simulate
from integrations.demo.weeks import Weeks

# Multiples of it, modulo one, fall everywhere evenly however many there are.
GOLDEN = (math.sqrt(5) - 1) / 2
# The first slot's session has just ended.
JUST_NOW = timedelta(minutes=3)

# By the slot's number: those that are sent much later, since their worker was away.
LATE_EVERY, FIRST_LATE = 60, 7

# Provider and external id.
Reference = tuple[str, str]


@dataclass(frozen=True)
class Slot:
    """A planned session: the same agent, words and ids in every run with this seed."""

    number: int
    agent: Agent
    ended_at: datetime
    arrives_at: datetime


@dataclass(frozen=True)
class Plan:
    """The sessions of a demo, and their posts.

    sessions: how many. largest_body: the limit of the webhook in bytes, which one post
    exceeds.
    """

    seed: int
    sessions: int
    weeks: Weeks
    largest_body: int

    @cached_property
    def slots(self) -> list[Slot]:
        """Return the planned sessions, by number."""
        agents = agent_slots()
        return [
            self._slot(number, agents[number % len(agents)])
            for number in range(self.sessions)
        ]

    def _slot(self, number: int, agent: Agent) -> Slot:
        random = randomness(self.seed, "slot", number)
        fraction = (number * GOLDEN + self.seed * math.e) % 1
        moment = self.weeks.moment(
            agent.hours, fraction, from_day=agent.from_day, until_day=agent.until_day
        )
        if number == 0:
            moment = self.weeks.now - JUST_NOW
        lag = random.choices((1.2, 4.0, 45.0), (80, 18, 2))[0] * random.uniform(
            0.5, 1.5
        )
        ended_at = min(moment, self.weeks.now - JUST_NOW)
        late = timedelta(minutes=random.uniform(25, 170))
        if number % LATE_EVERY == FIRST_LATE and ended_at + late < self.weeks.now:
            return Slot(number, agent, ended_at, ended_at + late)
        return Slot(number, agent, ended_at, ended_at + timedelta(seconds=lag))

    def session(self, slot: Slot) -> Session:
        """Return the session of a slot, simulated anew each time."""
        return simulate(
            slot.agent,
            number=slot.number,
            seed=self.seed,
            ended_at=slot.ended_at,
            weeks=self.weeks,
        )

    @cached_property
    def references(self) -> dict[Reference, Slot]:
        """Return the slots by the provider and the external id of their calls."""
        return {
            (slot.agent.provider, bodies.external_id(self.session(slot))): slot
            for slot in self.slots
        }

    def posts(self, *, without: Set[Reference] = frozenset()) -> list[Post]:
        """Return the posts in the order of their arrival.

        without: calls that are there already. Where there are any, the posts that are
        to be refused are left out too.
        """
        posts = [
            post
            for reference, slot in self.references.items()
            if reference not in without
            for post in self._posts(slot)
        ]
        if not without:
            posts += Refusals(
                seed=self.seed, weeks=self.weeks, largest_body=self.largest_body
            ).posts()
        return sorted(posts, key=lambda post: post.arrives_at)

    def _posts(self, slot: Slot) -> Iterator[Post]:
        yield from posts_of(
            self.session(slot), arrives_at=slot.arrives_at, now=self.weeks.now
        )
