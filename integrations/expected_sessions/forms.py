"""The form above the list of expected sessions: its filters."""

from __future__ import annotations

from conversations.listing.forms import DayFilter, DaysForm
from integrations.models import ExpectedSession
from web.list_form import IdFilter, PickFilter, TextFilter

State = ExpectedSession.State

# What arrived after it had been called missing: no state of its own.
LATE = "late"
EVERY = "all"
STATES = [
    (State.MISSING.value, "Missing"),
    (State.REFUSED.value, "Refused"),
    (LATE, "Came late"),
    (State.ARRIVED.value, "Arrived"),
    (State.AWAITED.value, "Awaited"),
    (State.NO_SESSION.value, "No session"),
    (State.NOT_TOLD.value, "Not told"),
    (State.RUNNING.value, "Running"),
    (EVERY, "All of them"),
]


class ExpectedSessionListForm(DaysForm):
    """The filters of the list of expected sessions."""

    reference = TextFilter("Job or room", kind="search", placeholder="AJ_… or RM_…")
    state = PickFilter("State", STATES, every="Missing, refused or late", noun="state")
    agent = IdFilter("Agent", every="Any agent", noun="agent")
    first_day = DayFilter("From", name="From")
    last_day = DayFilter("To", name="To")
