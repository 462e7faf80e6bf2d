"""What is known of a room and of who joined it, as facts that add up. Pure.

Whether a person was there follows from all that is told of the participants: a call by
telephone publishes its track while it still rings, and an agent's track does not say that
it is an agent's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations.livekit_events.session_facts import earliest, latest

# By their numbers; 5 and 6 are not given.
KINDS = (
    *("STANDARD", "INGRESS", "EGRESS", "SIP", "AGENT"),
    *("5", "6", "CONNECTOR", "BRIDGE"),
)
LEAVE_REASONS = (
    *("UNKNOWN_REASON", "CLIENT_INITIATED", "DUPLICATE_IDENTITY", "SERVER_SHUTDOWN"),
    *("PARTICIPANT_REMOVED", "ROOM_DELETED", "STATE_MISMATCH", "JOIN_FAILURE"),
    *("MIGRATION", "SIGNAL_CLOSE", "ROOM_CLOSED", "USER_UNAVAILABLE"),
    *("USER_REJECTED", "SIP_TRUNK_FAILURE", "CONNECTION_TIMEOUT", "MEDIA_FAILURE"),
    "AGENT_ERROR",
)
# Not people.
_MACHINES = {"AGENT", "EGRESS", "INGRESS"}
# Why a call by telephone ends that nobody answered.
_UNANSWERED = {"USER_UNAVAILABLE", "USER_REJECTED", "SIP_TRUNK_FAILURE", "JOIN_FAILURE"}
# A room with more of whom it cannot be told has somebody in it.
MAX_UNDECIDED = 50


@dataclass(frozen=True, slots=True)
class Participant:
    """What is told of one participant.

    kind: empty where only a track of theirs is known. call_status: of a call by
    telephone, as they joined. left_for: why they left; empty while that is not told.
    """

    kind: str = ""
    call_status: str = ""
    left_for: str = ""
    has_published: bool = False

    def __or__(self, other: Participant) -> Participant:
        return Participant(
            max(self.kind, other.kind),
            max(self.call_status, other.call_status),
            max(self.left_for, other.left_for),
            self.has_published or other.has_published,
        )

    @property
    def surely_joined(self) -> bool:
        """Tell whether they were there, whatever else is told of them."""
        if self.kind == "SIP":
            return self.call_status in ("active", "automation") or bool(
                self.left_for and self.left_for not in _UNANSWERED
            )
        return bool(self.kind) and self.kind not in _MACHINES

    def joined(self, *, is_over: bool) -> bool:
        """Tell whether they were there, as far as is told.

        is_over: the room has finished, so nothing more will be told.
        """
        if self.kind == "SIP" and not self.surely_joined:
            # Its end was lost, so it may have been answered.
            return is_over and not self.left_for
        return self.surely_joined or (not self.kind and self.has_published)


@dataclass(frozen=True, slots=True)
class Caller:
    """A call by telephone in a room."""

    joined_at: datetime
    number: str = ""
    name: str = ""
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """What events say of a room.

    participants: by sid; none once somebody surely joined. caller: the first by
    telephone.
    """

    sid: str
    name: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    participants: Mapping[str, Participant] = field(default_factory=dict)
    somebody_joined: bool = False
    caller: Caller | None = None

    def __or__(self, other: RoomFacts) -> RoomFacts:
        both = dict(self.participants)
        for sid, told in other.participants.items():
            both[sid] = both[sid] | told if sid in both else told
        somebody_joined = (
            self.somebody_joined
            or other.somebody_joined
            or len(both) > MAX_UNDECIDED
            or any(one.surely_joined for one in both.values())
        )
        return RoomFacts(
            self.sid,
            name=max(self.name, other.name),
            started_at=earliest(self.started_at, other.started_at),
            finished_at=latest(self.finished_at, other.finished_at),
            participants={} if somebody_joined else both,
            somebody_joined=somebody_joined,
            caller=_first(self.caller, other.caller),
        )

    @property
    def was_joined(self) -> bool:
        """Tell whether somebody beside agents was there, as far as is told."""
        is_over = self.finished_at is not None
        return self.somebody_joined or any(
            one.joined(is_over=is_over) for one in self.participants.values()
        )

    def undecided(self) -> dict[str, list[Any]]:
        """Return the participants as JSON, sorted by sid."""
        return {
            sid: [one.kind, one.call_status, one.left_for, one.has_published]
            for sid, one in sorted(self.participants.items())
        }


def _first(one: Caller | None, other: Caller | None) -> Caller | None:
    if one is None or other is None:
        return one or other
    if one.joined_at != other.joined_at:
        return min(one, other, key=lambda caller: caller.joined_at)
    return Caller(
        one.joined_at,
        max(one.number, other.number),
        max(one.name, other.name),
        max(one.call_id, other.call_id),
    )
