"""What to do about a session that did not arrive: pure, by what is known of it."""

from __future__ import annotations

from integrations.models import ExpectedSession

State = ExpectedSession.State


def advice_on(session: ExpectedSession) -> str:
    """Return the next step as a sentence; empty where nothing is to be done."""
    if session.state == State.MISSING:
        return _on_missing(session)
    if session.state == State.REFUSED:
        return (
            "Correct what the answer names, then post it again: a repeated post settles "
            "this session."
        )
    if session.state == State.NOT_TOLD:
        return (
            "Not all events of this time came, so nobody can say whether a session is "
            "missing."
        )
    return ""


def _on_missing(session: ExpectedSession) -> str:
    where = f"worker {session.worker_id}" if session.worker_id else "its worker"
    if session.job_status == "failed":
        return (
            f"Look at the log of {where} at that time: a kill, a deploy or too little "
            "memory are the usual reasons."
        )
    if session.job_status == "cancelled":
        return (
            f"Look at what {where} was doing: a deploy cancels what runs, unless it is "
            "given time to drain."
        )
    return (
        f"Look at the log of {where} for the answer that it got, and check that it "
        "forwards in on_session_end, with the id of the job."
    )
