"""LiveKit: the canonical body, or what the SDK itself writes."""

from __future__ import annotations

from typing import Any

from integrations.providers.adapted import Adapted
from integrations.providers.faults import Faults


def adapt(payload: dict[str, Any], warnings: Faults) -> Adapted:
    return Adapted(payload)
