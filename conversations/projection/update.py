"""What one delivery says about a call: the only shape that crosses from the
integrations into conversations.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class AgentReference:
    """How a delivery names its agent: by Zelto's id, or by the sender's own.

    id: the agent's UUID (`agentId`); wins over `external_id` where both are there.
    external_id: the sender's id, 1..255 characters; found or created.
    name: the name that came along, if any.
    """

    id: UUID | None = None
    external_id: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class CallUpdate:
    """One delivery, read and cleaned. None means absent: it keeps what was there.

    duration_seconds: as sent, seconds.
    cost: US dollars, six decimals.
    system_prompt: an explicit one; a leading system turn is found by the fold.
    metadata: merged key by key; None values inside keep what was there.
    turns: JSON objects as the API gives them back; `[]` is a silent caller.
    is_transcription: Zelto's own transcription of the audio: nothing but `turns`, over
        which those count that a sender sent. It says nothing of who took the call, and
        its `agent` names none.
    is_supplement: what Zelto learnt elsewhere: it fills in what no sender has said so far,
        and says nothing of who took the call.
    turns_are_parts: `turns` are some of a transcript, by their ids; a whole one counts
        more.
    fills_only: names of facts that are said only where nobody else says them.
    agent_guess: 0 where the sender says who took the call; else it is a guess, of which
        the lowest number counts, and only where nobody says it.
    received_audio: the name of a file in the storage of recordings that came along.
    lost_audio: a sentence that says why audio that was sent is not here.
    """

    external_id: str
    agent: AgentReference
    started_at: datetime | None = None
    ended_at: datetime | None = None
    duration_seconds: float | None = None
    ended_reason: str | None = None
    cost: Decimal | None = None
    recording_url: str | None = None
    customer_number: str | None = None
    customer_name: str | None = None
    version: str | None = None
    system_prompt: str | None = None
    metadata: dict[str, Any] | None = None
    turns: list[dict[str, Any]] | None = None
    is_transcription: bool = False
    is_supplement: bool = False
    turns_are_parts: bool = False
    fills_only: frozenset[str] = frozenset()
    agent_guess: int = 0
    received_audio: str | None = None
    lost_audio: str | None = None

    @property
    def names_agent(self) -> bool:
        """Tell whether it says who took the call: all that senders send does."""
        return not (self.is_transcription or self.is_supplement)
