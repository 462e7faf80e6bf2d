"""The body of the test session, which is processed as a real one is."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

AGENT_REFERENCE = "zelto-test"

# Role, seconds into the call, text or tool fields.
SCRIPT: tuple[tuple[str, float, dict[str, Any]], ...] = (
    ("assistant", 0.8, {"content": "Hi, you have reached Northwind. How can I help?"}),
    ("user", 4.1, {"content": "I ordered a lamp last week and it has not arrived."}),
    (
        "tool",
        8.0,
        {
            "kind": "call",
            "toolName": "lookup_order",
            "toolCallId": "call_1",
            "arguments": {"item": "lamp"},
        },
    ),
    (
        "tool",
        8.6,
        {
            "kind": "result",
            "toolName": "lookup_order",
            "toolCallId": "call_1",
            "content": '{"status": "in transit", "due": "tomorrow"}',
        },
    ),
    ("assistant", 9.4, {"content": "It is on its way and should be there tomorrow."}),
    ("user", 13.2, {"content": "Good to know, thank you. Bye."}),
    ("assistant", 15.0, {"content": "You are welcome. Goodbye."}),
)
LENGTH = timedelta(seconds=17)


def build(*, ended_at: datetime, sent_by: str) -> dict[str, Any]:
    """Return a canonical body, with an id of its own each time.

    sent_by: the name of the person who sends it, for the metadata.
    """
    started_at = ended_at - LENGTH
    return {
        "call": {
            "externalId": f"{AGENT_REFERENCE}-{secrets.token_hex(8)}",
            "startedAt": started_at.isoformat(),
            "endedAt": ended_at.isoformat(),
            "endedReason": "participant_disconnected",
        },
        "agent": {"externalId": AGENT_REFERENCE, "name": "Test session"},
        "systemPrompt": "You answer the phone at Northwind, a shop for lamps. Be brief.",
        "transcript": {
            "turns": [
                {
                    "role": role,
                    "timestamp": (started_at + timedelta(seconds=at)).isoformat(),
                    **fields,
                }
                for role, at, fields in SCRIPT
            ]
        },
        "metadata": {"zeltoTest": True, "sentBy": sent_by},
    }
