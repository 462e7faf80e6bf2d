"""The adapter of a provider that does not exist: `{"id": ..., "desk": ..., "said":
[...]}`.
"""

from __future__ import annotations

from typing import Any

from integrations.providers.adapted import Adapted
from integrations.providers.faults import Faults


def adapt(payload: dict[str, Any], _warnings: Faults) -> Adapted:
    """Return the canonical body of a payload."""
    if "call" in payload:
        return Adapted(payload)
    turns = [{"role": "user", "content": line} for line in payload.get("said", [])]
    return Adapted(
        {
            "call": {"externalId": payload.get("id")},
            "agent": {"externalId": payload.get("desk")},
            "transcript": {"turns": turns},
        }
    )
