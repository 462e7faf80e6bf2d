"""What each delivery of a call changed, compared with what was there before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conversations.projection import fold
from conversations.projection.fold import CallState
from conversations.projection.logged_update import LoggedUpdate
from integrations.delivery_log import read as history
from integrations.delivery_log.read import Unreadable
from integrations.models import Delivery

# Bodies are read for this, and objects are made of them, twenty times as large: a call
# whose deliveries are larger is not compared.
MAX_BYTES = 1024 * 1024
NAMED_KEYS = 5
MAX_KEY_CHARACTERS = 40
# As the page of a conversation calls them.
FIELDS = {
    "started_at": "start",
    "ended_at": "end",
    "sent_duration": "duration",
    "ended_reason": "ended reason",
    "cost": "cost",
    "customer_name": "customer",
    "customer_number": "number",
    "version": "agent version",
    "recording_url": "recording",
    "system_prompt": "system prompt",
}


@dataclass(frozen=True, slots=True)
class Change:
    """parts: what differs after it: fields, metadata by key, turns by count."""

    is_first: bool
    parts: list[str]

    @property
    def sentence(self) -> str:
        if self.is_first:
            return f"Brought {', '.join(self.parts)}." if self.parts else "The first."
        if not self.parts:
            return "Changed nothing."
        return f"Changed {', '.join(self.parts)}."


def changes_by(deliveries: Sequence[Delivery]) -> dict[int, Change]:
    """By sequence, of all the deliveries of one call those that were processed, in the
    log's order, up to the first whose body is gone: what comes after it cannot be
    compared. None where they are too large."""
    processed = sorted(
        (one for one in deliveries if one.outcome == Delivery.Outcome.PROCESSED),
        key=lambda one: one.sequence,
    )
    if sum(one.size for one in processed) > MAX_BYTES:
        return {}
    bodies = history.load_bodies([one.sequence for one in processed])
    changes: dict[int, Change] = {}
    state, before = CallState(), None
    for row in processed:
        try:
            delivered = history.read(row, bodies.get(row.sequence))
        except Unreadable:
            break
        after, _ = fold.apply(state, delivered.update)
        parts = [*_parts(state, after), *_agent(before, delivered)]
        changes[row.sequence] = Change(is_first=before is None, parts=parts)
        state = after
        if delivered.update.names_agent:
            before = delivered
    return changes


def _parts(before: CallState, after: CallState) -> Iterator[str]:
    if turns := _turns(before, after):
        yield turns
    for field, name in FIELDS.items():
        if getattr(before, field) != getattr(after, field):
            yield name
    keys = [
        key[:MAX_KEY_CHARACTERS]
        for key, value in after.metadata.items()
        if key not in before.metadata or before.metadata[key] != value
    ]
    if keys:
        more = len(keys) - NAMED_KEYS
        named = ", ".join(keys[:NAMED_KEYS]) + (f" and {more} more" if more > 0 else "")
        yield f"metadata ({named})"


def _turns(before: CallState, after: CallState) -> str:
    old, new = before.turns or [], after.turns or []
    if old == new:
        return ""
    noun = f"turn{'' if len(new) == 1 else 's'}"
    if not old:
        return f"{len(new):,} {noun}"
    if len(old) == len(new):
        return f"what is said in {len(new):,} {noun}"
    return f"{len(old):,} to {len(new):,} {noun}"


def _agent(before: LoggedUpdate | None, now: LoggedUpdate) -> Iterator[str]:
    if before is None or not now.update.names_agent:
        return
    old, new = before.update.agent, now.update.agent
    if (old.id, old.external_id) != (new.id, new.external_id):
        yield "agent"
