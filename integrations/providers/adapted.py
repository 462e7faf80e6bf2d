"""What an adapter hands on to the canonical reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.providers.faults import Faults


@dataclass(frozen=True, slots=True)
class Adapted:
    """A canonical body, and better words for what may be missing in it, by path."""

    payload: dict[str, Any]
    hints: Mapping[str, str] = field(default_factory=dict)


# A pure function from a provider's own body; nothing in it is altered.
Adapter = Callable[[dict[str, Any], Faults], Adapted]
