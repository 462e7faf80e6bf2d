"""What a look at the world found to be wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from alerts.models import IssueKind


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong at this moment.

    kind, cause: which issue of the organization it is. since: when it began.
    count: of sessions, deliveries, recordings that it concerns.
    facts: what the sentences about it need, as JSON has it: numbers, names of agents and
        keys, moments as ISO 8601; no word of a transcript and no caller.
    """

    organization_id: UUID
    kind: IssueKind
    cause: str
    since: datetime
    agent_id: UUID | None = None
    key_id: UUID | None = None
    count: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
