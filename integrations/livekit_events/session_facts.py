"""What is known of an agent's session, as facts that add up. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What events say of an agent's session; the fields are those of `ExpectedSession`.

    reference: by which facts belong together. last_joined_at, left_at: of the time that
    it joined last; a leave of an earlier time is no end.
    """

    reference: str
    job_id: str = ""
    room_sid: str = ""
    room_name: str = ""
    agent_name: str = ""
    participant_identity: str = ""
    job_started_at: datetime | None = None
    job_ended_at: datetime | None = None
    job_status: str = ""
    job_error: str = ""
    worker_id: str = ""
    joined_at: datetime | None = None
    last_joined_at: datetime | None = None
    left_at: datetime | None = None
    has_spoken: bool = False

    def __or__(self, other: SessionFacts) -> SessionFacts:
        """Return what both say, of which the first gives the reference."""
        last_joined_at, left_at = max(_last_time(self), _last_time(other))[1:]
        ended = max(_end(self), _end(other))
        return SessionFacts(
            reference=self.reference,
            job_id=max(self.job_id, other.job_id),
            room_sid=max(self.room_sid, other.room_sid),
            room_name=max(self.room_name, other.room_name),
            agent_name=max(self.agent_name, other.agent_name),
            participant_identity=max(
                self.participant_identity, other.participant_identity
            ),
            job_started_at=earliest(self.job_started_at, other.job_started_at),
            job_ended_at=ended[0] if ended else None,
            job_status=ended[1] if ended else "",
            job_error=ended[2] if ended else "",
            worker_id=max(self.worker_id, other.worker_id),
            joined_at=earliest(self.joined_at, other.joined_at),
            last_joined_at=last_joined_at,
            left_at=left_at,
            has_spoken=self.has_spoken or other.has_spoken,
        )


def _last_time(one: SessionFacts) -> tuple[object, ...]:
    joined, left = one.last_joined_at, one.left_at
    rank = (joined is not None, joined and joined.timestamp(), left is not None)
    return (*rank, left and left.timestamp()), joined, left


def _end(one: SessionFacts) -> tuple[datetime, str, str] | tuple[()]:
    if one.job_ended_at is None:
        return ()
    return (one.job_ended_at, one.job_status, one.job_error)


def earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the earlier of two times; one alone where the other is not told."""
    return min(filter(None, (one, other)), default=None)


def latest(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the later of two times; one alone where the other is not told."""
    return max(filter(None, (one, other)), default=None)
