"""Dialogues: their text format, and reading it into steps.

    == topic lost umbrella       begins a script: its use, then a title
    A: what the agent says       C: what the caller says
    CALL: tool {"json": 1}       RESULT: {"json": 2}     ERROR: what the tool said
    HANDOFF: billing             CONFIG: new instructions
    PAUSE: 8                     seconds of silence
    END: reason                  the call is over, without a closing

Results answer open calls in their order. `$word` is filled in for each session.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """The kinds of steps, by the word that begins their line."""

    AGENT = "A"
    CALLER = "C"
    CALL = "CALL"
    RESULT = "RESULT"
    ERROR = "ERROR"
    HANDOFF = "HANDOFF"
    CONFIG = "CONFIG"
    PAUSE = "PAUSE"
    END = "END"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a script: what is said, a tool call, its result, a pause, the end."""

    kind: Kind
    text: str


Script = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Talk:
    """What an agent and its callers say in one language.

    bridges: from one topic to the next.
    asides: short exchanges that fit after any answer of the agent.
    """

    greetings: tuple[Script, ...]
    topics: tuple[Script, ...]
    closings: tuple[Script, ...]
    bridges: tuple[Script, ...] = ()
    asides: tuple[Script, ...] = ()


def talk(text: str) -> Talk:
    """Read a dialogue in the format above.

    Raises:
        KeyError: it has no greeting, topic or closing.
        ValueError: a line begins with no known kind.
    """
    scripts: dict[str, list[Script]] = {}
    for section in text.split("\n== ")[1:]:
        head, *lines = section.splitlines()
        use = head.split()[0]
        scripts.setdefault(use, []).append(tuple(_steps(lines)))
    return Talk(
        greetings=tuple(scripts["greeting"]),
        topics=tuple(scripts["topic"]),
        closings=tuple(scripts["closing"]),
        bridges=tuple(scripts.get("bridge", ())),
        asides=tuple(scripts.get("aside", ())),
    )


def _steps(lines: Iterable[str]) -> Iterable[Step]:
    for line in lines:
        if line.strip():
            kind, _, text = line.partition(":")
            yield Step(Kind(kind), text.strip())
