"""Dialogues as text, read into beats.

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
class Beat:
    kind: Kind
    text: str


Script = tuple[Beat, ...]


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
    scripts: dict[str, list[Script]] = {}
    for section in text.split("\n== ")[1:]:
        head, *lines = section.splitlines()
        use = head.split()[0]
        scripts.setdefault(use, []).append(tuple(_beats(lines)))
    return Talk(
        greetings=tuple(scripts["greeting"]),
        topics=tuple(scripts["topic"]),
        closings=tuple(scripts["closing"]),
        bridges=tuple(scripts.get("bridge", ())),
        asides=tuple(scripts.get("aside", ())),
    )


def _beats(lines: Iterable[str]) -> Iterable[Beat]:
    for line in lines:
        if line.strip():
            kind, _, text = line.partition(":")
            yield Beat(Kind(kind), text.strip())
