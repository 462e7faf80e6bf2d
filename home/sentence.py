"""Whether all is well, in a sentence: from counts to words. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from conversations.formatting import thousands


class State(StrEnum):
    """How it looks; as `templates/_state.html` has them."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    NONE = "none"


class About(StrEnum):
    """What a part of the sentence is about; the page leads from there to its list."""

    WORKER = "worker"
    AGENTS = "agents"
    MISSING = "missing"
    REFUSED = "refused"
    ISSUES = "issues"


@dataclass(frozen=True, slots=True)
class AgentCounts:
    """How many agents are in which state.

    resting: had no session lately, or never, and none is waited for.
    sending: of the retired ones, those that still send.
    """

    active: int = 0
    failed: int = 0
    refused: int = 0
    silent: int = 0
    resting: int = 0
    retired: int = 0
    sending: int = 0

    @property
    def need_a_look(self) -> int:
        return self.failed + self.refused + self.silent

    @property
    def in_service(self) -> int:
        return self.active + self.need_a_look + self.resting


@dataclass(frozen=True, slots=True)
class Situation:
    """What the sentence is made of.

    missing, refused: sessions of today. is_told: LiveKit tells of sessions, so that it
    is known whether any is missing. more_issues: there are more than `open_issues`.
    worker_away_since: on the clock; `never` where none ever ran; empty while it runs.
    """

    agents: AgentCounts = field(default_factory=AgentCounts)
    missing: int = 0
    refused: int = 0
    is_told: bool = False
    open_issues: int = 0
    more_issues: bool = False
    worker_away_since: str = ""


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of the answer, a sentence of its own."""

    about: About
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to "is all well?"."""

    state: State
    clauses: tuple[Clause, ...]

    def __str__(self) -> str:
        return " ".join(clause.text for clause in self.clauses)


def answer(situation: Situation) -> Answer:
    """Return what a reader wants to know first."""
    return Answer(_state(situation), tuple(_clauses(situation)))


def _state(situation: Situation) -> State:
    agents = situation.agents
    is_bad = situation.worker_away_since or situation.missing or situation.refused
    if is_bad or agents.failed or agents.refused:
        return State.BAD
    if agents.silent or agents.sending or situation.open_issues:
        return State.WARN
    return State.OK if agents.active else State.NONE


def _clauses(situation: Situation) -> Iterator[Clause]:
    if since := situation.worker_away_since:
        yield Clause(About.WORKER, _worker(since))
    yield Clause(About.AGENTS, _agents(situation.agents))
    yield from _lost(situation)
    if situation.open_issues:
        yield Clause(About.ISSUES, _issues(situation))


def _worker(since: str) -> str:
    if since == "never":
        return "No worker of Zelto has run yet: what arrives is stored and waits."
    return f"Zelto's worker is away since {since}: what arrives is stored and waits."


def _agents(agents: AgentCounts) -> str:
    if not agents.in_service:
        return _retired(agents)
    told = _told(agents)
    if agents.in_service == 1:
        return f"The agent {_alone(agents)}."
    if agents.active == agents.in_service:
        return f"All {thousands(agents.in_service)} agents forward."
    if agents.resting == agents.in_service:
        return f"None of {thousands(agents.in_service)} agents had a session lately."
    if len(told) == 1 and not agents.active:
        return f"All {thousands(agents.in_service)} agents {told[0][1]}."
    first = thousands(agents.active) if agents.active else "None"
    verb = "forward" if agents.active > 1 else "forwards"
    rest = _joined(f"{thousands(count)} {words}" for count, words in told)
    return f"{first} of {thousands(agents.in_service)} agents {verb}; {rest}."


def _retired(agents: AgentCounts) -> str:
    if not agents.retired:
        return "No agent is known."
    if agents.retired == 1:
        return "The agent is retired" + (" and still sends." if agents.sending else ".")
    text = f"All {thousands(agents.retired)} agents are retired"
    if agents.sending:
        verb = "sends" if agents.sending == 1 else "send"
        text += f"; {thousands(agents.sending)} still {verb}"
    return f"{text}."


def _alone(agents: AgentCounts) -> str:
    """Return what the only agent in service does."""
    told = _told(agents)
    return told[0][1] if told else "forwards"


def _told(agents: AgentCounts) -> list[tuple[int, str]]:
    """Return how many agents do what, of those that do not forward."""

    def each(count: int, one: str, many: str) -> tuple[int, str]:
        return count, one if count == 1 else many

    groups = [
        each(agents.failed, "sent what failed", "sent what failed"),
        each(agents.refused, "is refused", "are refused"),
        each(agents.silent, "is silent", "are silent"),
        each(agents.resting, "had no session lately", "had no session lately"),
    ]
    return [(count, words) for count, words in groups if count]


def _lost(situation: Situation) -> Iterator[Clause]:
    missing, refused = situation.missing, situation.refused
    if missing:
        yield Clause(About.MISSING, f"{_sessions(missing)} missing today.")
    if refused:
        yield Clause(About.REFUSED, f"{_sessions(refused, 'was')} refused today.")
    if situation.is_told and not missing and not refused:
        yield Clause(About.MISSING, "No session is missing today.")


def _sessions(count: int, one: str = "is") -> str:
    if count == 1:
        return f"1 session {one}"
    return f"{thousands(count)} sessions {'were' if one == 'was' else 'are'}"


def _issues(situation: Situation) -> str:
    count = thousands(situation.open_issues)
    if situation.more_issues:
        return f"More than {count} issues are open."
    return "1 issue is open." if count == "1" else f"{count} issues are open."


def _joined(parts: Iterator[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
