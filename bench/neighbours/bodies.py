"""Bodies that a neighbour may post, and what else it sends."""

from __future__ import annotations

import gzip
import json
import random
from typing import Any

LARGE_TURNS = 47
LARGE_TURN_CHARACTERS = 100_000
WORD = "parcel"  # in each turn of a large session
WORDS = (
    *("order", "lamp", "carrier", "depot", "street", "morning", "number", "invoice"),
    *("website", "refund", "moment", "neighbour", "driver", "window", "garden", "and"),
    *("where", "never", "always", "before", "after", "between", "yesterday", WORD),
)
# What a script without spaces looks like to a search: one word of a whole turn.
UNSPACED_LETTERS = "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可"
# Each pair of neighbours is a word that is asked for.
UNSPACED_QUERY = UNSPACED_LETTERS
UNSPACED_CHARACTERS = 300_000  # of three bytes each
NESTED_LEVELS = 58  # 64 are taken
BODY_BYTES = 5 * 1024 * 1024  # what is taken by default
REFUSED_BYTES = 250_000


def packed(body: bytes) -> bytes:
    """Return the body as gzip."""
    return gzip.compress(body, 6, mtime=0)


def call(external_id: str, turns: list[dict[str, Any]], **facts: Any) -> dict[str, Any]:
    """Return a session of the neighbour's."""
    return {
        "call": {"externalId": external_id, **facts},
        "agent": {"externalId": "neighbour", "name": "Neighbour"},
        "transcript": {"turns": turns},
    }


def nested() -> bytes:
    """Return 5 MiB of brackets that are no session, gzipped to a few kilobytes."""
    unit = b"[" * NESTED_LEVELS + b"]" * NESTED_LEVELS
    count = (BODY_BYTES - 100) // (len(unit) + 1)
    return packed(b'{"x":[' + b",".join([unit] * count) + b"]}")


def containers(external_id: str, count: int) -> bytes:
    """Return a session that fits, with so many empty lists in its one turn, gzipped."""
    turn = {"role": "user", "content": "Hello?", "x": "#"}
    written = json.dumps(call(external_id, [turn]))
    return packed(written.replace('"#"', f"[{','.join(['[]'] * count)}]").encode())


def large_session(external_id: str) -> dict[str, Any]:
    """Return a session of 4.7 MB; the same for the same id."""
    dice = random.Random(external_id)  # noqa: S311 - no secret
    turns = []
    for number in range(LARGE_TURNS):
        text = " ".join(dice.choices(WORDS, k=LARGE_TURN_CHARACTERS // 6))
        role = "user" if number % 2 else "assistant"
        content = f"{WORD} {text}"[:LARGE_TURN_CHARACTERS]
        turns.append({"role": role, "content": content})
    return call(external_id, turns)


def unspaced_session(external_id: str) -> dict[str, Any]:
    """Return a session whose one turn has 0.9 MB and no space."""
    dice = random.Random(external_id)  # noqa: S311 - no secret
    text = "".join(dice.choices(UNSPACED_LETTERS, k=UNSPACED_CHARACTERS))
    return call(external_id, [{"role": "user", "content": text}])


def refused(number: int) -> bytes:
    """Return 250 kB of JSON that lacks what a session must have, and compress badly."""
    dice = random.Random(number)  # noqa: S311 - no secret
    return json.dumps({"x": dice.randbytes(REFUSED_BYTES // 2).hex()}).encode()
