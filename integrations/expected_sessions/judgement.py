"""What became of an expected session, from what is known of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from integrations.models import ExpectedSession

State = ExpectedSession.State

# A job that nobody ended for so long: its end was not told.
MAX_RUNNING = timedelta(hours=24)
# What is missing is looked at again for so long: a worker may still send it, and be
# refused.
LOOKED_AT_FOR = timedelta(days=7)
FIRST_LOOK = timedelta(seconds=5)
ERASED = "Its conversation was erased here."
NO_END_TOLD = "LiveKit never told that it ended."


@dataclass(frozen=True, slots=True)
class Gap:
    """A time of which not all is known."""

    began_at: datetime
    ended_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """The conversation that a session became."""

    id: UUID
    agent_id: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RefusedDelivery:
    """A delivery that names a session and was refused, or failed later."""

    uuid: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an expected session at a moment.

    room_is_told: its room's begin or end was, and whoever joined it.
    was_erased: its conversation had arrived, and somebody erased it.
    noted: what its worker logged of why there is no session; empty for nothing.
    """

    started_at: datetime
    ended_at: datetime | None
    grace: timedelta
    job_status: str = ""
    job_error: str = ""
    has_spoken: bool = False
    room_is_told: bool = False
    room_was_joined: bool = False
    conversation: Arrived | None = None
    was_erased: bool = False
    refused: RefusedDelivery | None = None
    noted: str = ""
    gaps: Sequence[Gap] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of it, why, and when to look again; None for never."""

    state: State
    reason: str = ""
    look_again_at: datetime | None = None


def judge(known: Known, now: datetime) -> Judgement:
    """Return what became of a session."""
    if known.conversation is not None:
        return Judgement(State.ARRIVED)
    if known.was_erased:
        return Judgement(State.ARRIVED, ERASED)
    if known.ended_at is None:
        return _running(known, now)
    if known.refused is not None:
        again = _look_again(known.ended_at, now)
        return Judgement(State.REFUSED, known.refused.reason, again)
    if known.room_is_told and not known.room_was_joined and not known.has_spoken:
        return Judgement(
            State.NO_SESSION,
            known.job_error or "Nobody joined the room beside the agent.",
            _look_again(known.ended_at, now),
        )
    if gap := _gap_at(known.ended_at, known.gaps):
        return Judgement(State.NOT_TOLD, gap.reason, _look_again(known.ended_at, now))
    return _awaited_or_missing(known, known.ended_at, now)


def is_late(known: Known) -> bool:
    """Tell whether its conversation came only when it had been missing."""
    if known.conversation is None or known.ended_at is None:
        return False
    return known.conversation.created_at > known.ended_at + known.grace


def _running(known: Known, now: datetime) -> Judgement:
    until = known.started_at + MAX_RUNNING
    if now < until:
        return Judgement(State.RUNNING, look_again_at=until)
    return Judgement(State.NOT_TOLD, NO_END_TOLD)


def _awaited_or_missing(known: Known, ended_at: datetime, now: datetime) -> Judgement:
    missing_at = ended_at + known.grace
    again = _look_again(ended_at, now)
    if now < missing_at:
        return Judgement(
            State.AWAITED, look_again_at=min(missing_at, again or missing_at)
        )
    return Judgement(State.MISSING, _why_missing(known), again)


def _why_missing(known: Known) -> str:
    if known.job_error:
        return f"LiveKit says of its job: {known.job_error}"
    if known.noted:
        return known.noted
    if known.job_status == "failed":
        return (
            "LiveKit says that its job failed: its process ended before it could send."
        )
    if known.job_status == "success":
        return "Its job ended well, and nothing was sent or nothing reached Zelto."
    return ""


def _gap_at(moment: datetime, gaps: Sequence[Gap]) -> Gap | None:
    return next((gap for gap in gaps if gap.began_at <= moment <= gap.ended_at), None)


def _look_again(ended_at: datetime, now: datetime) -> datetime | None:
    """Return when to look again: rarer the longer ago it ended, and at last never."""
    age = now - ended_at
    if age > LOOKED_AT_FOR:
        return None
    return now + max(FIRST_LOOK, age / 4)
