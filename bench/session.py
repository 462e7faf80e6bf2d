"""The session that is posted: 20 turns of a phone call, about 3 kB of JSON."""

from __future__ import annotations

import json
from typing import Any

# `post.lua` puts a number of as many digits in their place, so that each post is
# another call and the Content-Length stays.
CALL_PLACE = "#" * 12
AGENT_PLACE = "@@"
AGENTS = 20

SAID = (
    "Northwind support, this is Robin. How can I help you today?",
    "Hi, I ordered a desk lamp two weeks ago and it still is not here.",
    "I am sorry about that. Could you give me the order number?",
    "Sure, it is four seven one one, dash, nine.",
    "Thank you. One moment, I am looking it up.",
    "No problem, take your time.",
    "The parcel left our warehouse on Monday and is with the carrier now.",
    "It says that on the website since Monday, so where is it?",
    "The last scan was in the depot of your town, yesterday at half past six.",
    "And when will they bring it to me?",
    "The carrier announces it for tomorrow between nine and twelve.",
    "Tomorrow morning I am at work. Can a neighbour take it?",
    "Of course. What is the name on the neighbour's door?",
    "Okafor, ground floor, the door on the left.",
    "Noted: Okafor, ground floor, left. The driver will see it.",
    "Great. And if it does not come tomorrow either?",
    "Then we send another lamp at once; you would not have to call again.",
    "All right, that is fair. Thank you, Robin.",
    "You are welcome. Is there anything else?",
    "No, that was all. Bye!",
)


def session(call: str = CALL_PLACE, agent: str = AGENT_PLACE) -> dict[str, Any]:
    """Return the body of a post; the defaults are placeholders that `post.lua` fills."""
    return {
        "call": {
            "externalId": f"call-{call}",
            "startedAt": "2026-03-02T09:30:00.000Z",
            "endedAt": "2026-03-02T09:31:58.250Z",
            "endedReason": "user_initiated",
            "cost": "0.042500",
            "customer": {"number": "+15550100", "name": "Ada Lovelace"},
        },
        "agent": {"externalId": f"support-{agent}", "name": f"Support {agent}"},
        "version": "2026.3.1",
        "transcript": {"turns": turns()},
        "metadata": {"campaign": "spring", "room": "northwind-8f2c", "language": "en"},
    }


def turns() -> list[dict[str, Any]]:
    """Return the 20 turns."""
    return [
        {
            "role": "user" if number % 2 else "assistant",
            "content": text,
            "timestamp": f"2026-03-02T09:{30 + number // 10}:{number % 10 * 6:02}.120Z",
        }
        for number, text in enumerate(SAID)
    ]


def body(call: str = CALL_PLACE, agent: str = AGENT_PLACE) -> str:
    """Return the body of a post as JSON."""
    return json.dumps(session(call, agent))
