"""One session of the last four weeks: its agent, what was said, how it ended."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from conversations.providers import Provider
from integrations.demo.agents import Agent
from integrations.demo.chance import randomness
from integrations.demo.fillers import LANGUAGES, LONG_NAMES, Language, words
from integrations.demo.script import Kind, Script, Step, Talk
from integrations.demo.simulation import Item, Simulation, at
from integrations.demo.weeks import Weeks

# By the slot's number: so that few sessions, too, show each of them.
ENDINGS = {7: "silent", 13: "error", 19: "hung up", 23: "unanswered", 31: "shut down"}
ENDINGS_EVERY = 37
HUNG_UP_SHARE = 0.07
# How many of the first slots.
RECORDED = 4

REGIONS = ("us-east", "us-west", "eu-central", "ap-northeast")
CAMPAIGNS = ("spring-sale", "winback", "loyalty")
REASONS = {"error": "error", "shut down": "job_shutdown"}


@dataclass(frozen=True)
class Session:
    """One session of an invented agent.

    number: of its slot. token: 64 hexadecimal digits, of which its ids are made.
    items: as LiveKit keeps them, with Unix times. words: filled into the script.
    cost: a decimal; None where it is not known.
    """

    number: int
    token: str
    agent: Agent
    language: Language
    words: Mapping[str, str]
    started_at: datetime
    ended_at: datetime
    items: list[Item]
    ended_reason: str
    version: str
    customer: dict[str, str]
    cost: str | None
    region: str
    campaign: str

    @property
    def duration(self) -> float:
        """Return its length in seconds."""
        return round((self.ended_at - self.started_at).total_seconds(), 3)

    @property
    def is_recorded(self) -> bool:
        """Return whether it has audio: the newest, and a few others."""
        return self.number < RECORDED

    @property
    def messages(self) -> list[Item]:
        """Return the items that were spoken."""
        return [item for item in self.items if item["type"] == "message"]

    @property
    def job_id(self) -> str:
        return f"AJ_{self.token[:12]}"

    @property
    def room_sid(self) -> str:
        return f"RM_{self.token[12:24]}"

    @property
    def room(self) -> str:
        return f"{self.agent.external_id}-{self.token[:8]}"


def token(seed: int, number: int) -> str:
    """Return the digits that all ids of a slot are made of, the same in every run with
    this seed."""
    return hashlib.sha256(f"zelto demo {seed} {number}".encode()).hexdigest()


def simulate(
    agent: Agent, *, number: int, seed: int, ended_at: datetime, weeks: Weeks
) -> Session:
    """Return the session of a slot, the same in every run with this seed.

    ended_at: aware.
    """
    random = randomness(seed, "session", number)
    language = LANGUAGES[_weighted(random, agent.languages)]
    filled = words(random, language, ended_at.astimezone(weeks.zone))
    ending = _ending(random, number)
    simulation = Simulation(agent=agent, language=language, words=filled, random=random)
    simulation.run(_script(agent, agent.talks[language.code], ending, random))
    if ending == "silent":
        simulation.clock += random.uniform(5, 28)
    length = round(simulation.clock + random.uniform(0.3, 3.0), 3)
    started_at = ended_at - timedelta(seconds=length)
    days_ago = (weeks.now - ended_at) / timedelta(days=1)
    return Session(
        number=number,
        token=token(seed, number),
        agent=agent,
        language=language,
        words=filled,
        started_at=started_at,
        ended_at=ended_at,
        items=at(simulation.items, started_at.timestamp()),
        ended_reason=_ended_reason(simulation, ending, random),
        version=agent.version(days_ago),
        customer=_customer(number, filled, random),
        cost=_cost(agent, length, random),
        region=random.choice(REGIONS),
        campaign=random.choice(CAMPAIGNS),
    )


def _ending(random: Random, number: int) -> str:
    hung_up = random.random() < HUNG_UP_SHARE
    return ENDINGS.get(number % ENDINGS_EVERY) or ("hung up" if hung_up else "as usual")


def _weighted(random: Random, weights: Mapping[str, int]) -> str:
    return random.choices(list(weights), list(weights.values()))[0]


def _script(agent: Agent, talk: Talk, ending: str, random: Random) -> list[Step]:
    if ending == "silent":
        return []
    greeting = random.choice(talk.greetings)
    if ending == "unanswered":
        return [greeting[0]]
    most = min(agent.most_topics, len(talk.topics))
    count = min(most, random.choices((1, 2, 3), (72, 20, 8))[0])
    if ending != "as usual":
        count = most
    steps = list(greeting)
    for index, topic in enumerate(random.sample(talk.topics, count)):
        if index and talk.bridges:
            steps += _fitting(talk.bridges, steps, random)
        steps += _with_aside(topic, talk, random)
        if steps[-1].kind is Kind.END:
            break
    else:
        steps += _fitting(talk.closings, steps, random)
    if ending == "as usual":
        return steps
    return steps[: random.randint(2, max(2, len(steps) - 3))]


def _fitting(scripts: tuple[Script, ...], after: list[Step], random: Random) -> Script:
    """Return one of the scripts, if possible begun by whoever did not speak last."""
    others = [script for script in scripts if script[0].kind is not after[-1].kind]
    return random.choice(others or scripts)


def _with_aside(topic: tuple[Step, ...], talk: Talk, random: Random) -> list[Step]:
    """Return the topic, at times with an aside after a line of the agent."""
    steps = list(topic)
    places = [
        index
        for index in range(1, len(steps))
        if steps[index - 1].kind is Kind.AGENT and steps[index].kind is Kind.CALLER
    ]
    if places and talk.asides and random.random() < 0.35:
        place = random.choice(places)
        steps[place:place] = random.choice(talk.asides)
    return steps


def _ended_reason(simulation: Simulation, ending: str, random: Random) -> str:
    is_phone = simulation.agent.provider == Provider.LIVEKIT
    if ending in REASONS:
        return REASONS[ending]
    if simulation.ended_reason:
        return simulation.ended_reason
    if not is_phone:
        return {"as usual": "Survey completed", "silent": "No answer"}.get(
            ending, "Customer hung up during the survey"
        )
    last = simulation.items[-1]
    if ending == "as usual" and last.get("role") == "assistant":
        return random.choice(("user_initiated", "participant_disconnected"))
    return "participant_disconnected"


def _customer(number: int, filled: Mapping[str, str], random: Random) -> dict[str, str]:
    customer = {}
    if random.random() < 0.85:
        customer["number"] = filled["number"]
    if number % 41 == 3:
        customer["name"] = random.choice(LONG_NAMES)
    elif random.random() < 0.6:
        customer["name"] = filled["name"]
    if not customer and random.random() < 0.5:
        customer["number"] = f"sip:{filled['number']}@sip.example.com"
    return customer


def _cost(agent: Agent, seconds: float, random: Random) -> str | None:
    is_known = agent.provider == Provider.ZELTO or random.random() < 0.3
    per_second = random.uniform(0.0011, 0.0019)
    return f"{0.004 + seconds * per_second:.6f}" if is_known else None


def usage(session: Session) -> list[dict[str, Any]]:
    """Return what the models of the session used, as LiveKit counts it."""
    said = {"user": 0, "assistant": 0}
    for item in session.messages:
        said[item["role"]] += len(item["content"][0])
    answers = sum(item["role"] == "assistant" for item in session.messages)
    model = {"provider": "meadow", "model": session.agent.model}
    rate = session.language.rate
    return [
        {
            **model,
            "type": "llm_usage",
            "input_tokens": 180 + answers * (60 + sum(said.values()) // 6),
            "output_tokens": said["assistant"] // 4,
        },
        {
            "type": "tts_usage",
            "provider": "meadow",
            "model": "meadow-voice",
            "characters_count": said["assistant"],
            "audio_duration": round(said["assistant"] / rate, 2),
        },
        {
            "type": "stt_usage",
            "provider": "meadow",
            "model": "meadow-ears",
            "audio_duration": session.duration,
        },
    ]
