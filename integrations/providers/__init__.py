"""Reading what a worker posted: one JSON object in, one update or its faults out.

A provider is one file with an adapter, and one line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from conversations.projection.update import CallUpdate
from conversations.turn_values import is_number
from integrations.providers.adapted import Adapter
from integrations.providers.canonical import read as canonical
from integrations.providers.faults import Fault, FaultKind, Faults
from integrations.providers.livekit import adapter as livekit
from integrations.providers.unstorable_text import cleaned
from web.storable_text import replace_unstorable

__all__ = ["PROVIDERS", "Fault", "FaultKind", "Reading", "read"]

# As `X-Zelto-Provider` names them.
PROVIDERS: dict[str, Adapter] = {
    "zelto": canonical.adapt,
    "livekit": livekit.adapt,
}

MAX_REFERENCE_CHARACTERS = 255  # characters


@dataclass(frozen=True, slots=True)
class Reading:
    """What a body came to.

    update: None where there are errors.
    errors: every fault that refuses the body.
    warnings: at most a hundred, the last one with the full count.
    agent_reference, call_external_id: for the log, as far as they could be read.
    """

    update: CallUpdate | None
    errors: list[Fault]
    warnings: list[Fault]
    agent_reference: str | None
    call_external_id: str | None


def read(provider: str, payload: dict[str, Any]) -> Reading:
    """Return what a body came to; it never raises for an object of at most 64 levels.

    provider: `X-Zelto-Provider` as sent. What comes from elsewhere than a provider's
    worker (an upload) is canonical.
    """
    errors: list[Fault] = []
    warnings = Faults()
    adapter = PROVIDERS.get(provider, canonical.adapt)
    adapted = adapter(cleaned(payload, warnings), warnings)
    update = canonical.read_canonical(adapted.payload, errors, warnings)
    if update is None:
        return _refused(adapted.payload, _in_better_words(errors, adapted.hints))
    agent_id = update.agent.id
    return Reading(
        update=update,
        errors=[],
        warnings=warnings.listed(),
        agent_reference=update.agent.external_id
        or (str(agent_id) if agent_id else None),
        call_external_id=update.external_id,
    )


def _in_better_words(errors: list[Fault], hints: Mapping[str, str]) -> list[Fault]:
    return [replace(one, detail=hints.get(one.path, one.detail)) for one in errors]


def _refused(payload: dict[str, Any], errors: list[Fault]) -> Reading:
    agent, call = payload.get("agent"), payload.get("call")
    named = _reference(agent.get("externalId")) if isinstance(agent, dict) else None
    return Reading(
        update=None,
        errors=errors,
        warnings=[],
        agent_reference=named or _reference(payload.get("agentId")),
        call_external_id=(
            _reference(call.get("externalId")) if isinstance(call, dict) else None
        ),
    )


def _reference(value: Any) -> str | None:
    """Return an id as the log may show it, although it did not fit."""
    if is_number(value):
        value = str(value)
    if not isinstance(value, str) or not value:
        return None
    return replace_unstorable(value[:MAX_REFERENCE_CHARACTERS])
