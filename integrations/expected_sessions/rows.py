"""An expected session as a row of a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from integrations.expected_sessions.advice import advice_on
from integrations.models import ExpectedSession

State = ExpectedSession.State

# What goes with the word: see `templates/_state.html`.
LOOKS: dict[str, str] = {
    State.RUNNING: "ok",
    State.AWAITED: "wait",
    State.ARRIVED: "ok",
    State.REFUSED: "bad",
    State.MISSING: "bad",
    State.NO_SESSION: "none",
    State.NOT_TOLD: "warn",
}
ENDS = {
    "success": "Well",
    "failed": "Failed",
    "cancelled": "Cancelled",
}


@dataclass(frozen=True, slots=True)
class SessionRow:
    """An expected session, and what a reader wants to know of it at a moment."""

    session: ExpectedSession
    now: datetime

    @property
    def look(self) -> str:
        return LOOKS.get(self.session.state, "none")

    @property
    def agent_name(self) -> str:
        """Return what its agent is called; empty where nobody said."""
        if self.session.agent:
            return self.session.agent.display_name
        return self.session.agent_name

    @property
    def room(self) -> str:
        return self.session.room_name or self.session.room_sid

    @property
    def seconds(self) -> float | None:
        """Return how long it lasted, or has so far; None where its start is not known."""
        if self.session.started_at is None:
            return None
        end = self.session.ended_at or self.now
        return max((end - self.session.started_at).total_seconds(), 0.0)

    @property
    def so_far(self) -> str:
        """Return how long it has run, as `under 1 min`, `12 min`, `2 h 5 min`."""
        seconds = self.seconds or 0
        if seconds < 45:
            return "under 1 min"
        minutes = max(1, round(seconds / 60))
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest} min" if hours else f"{rest} min"

    @property
    def end(self) -> str:
        """Return how LiveKit ended the job, in words; empty where untold."""
        return ENDS.get(self.session.job_status, self.session.job_status)

    @property
    def error(self) -> str:
        """Return what LiveKit says went wrong, where the reason does not."""
        error = self.session.job_error
        return "" if error in self.session.reason else error

    @property
    def advice(self) -> str:
        return advice_on(self.session)

    @property
    def says_more(self) -> bool:
        """Tell whether there is more to say than fits the row."""
        return bool(self.session.reason or self.error or self.advice)

    @property
    def version(self) -> str:
        """Return what changes when the row does."""
        one = self.session
        parts = (one.id, one.state, one.came_late, one.ended_at, one.reason)
        facts = (one.job_status, one.job_error, one.agent_id, one.conversation_id)
        return f"{parts} {facts} {self.agent_name}"
