"""What became of a call when deliveries were applied to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from conversations.models import Conversation


@dataclass(slots=True)
class ProjectionResult:
    """What became of a call.

    is_new: this batch made its conversation.
    is_rebuilt: it was folded from its first delivery on.
    warnings: (path, detail) of each, by the sequence of the delivery.
    """

    conversation: Conversation
    is_new: bool
    is_rebuilt: bool
    warnings: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
