"""Whether a silence is one agent's, or the organization's."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from conversations.agents.states import Judgement
from conversations.arrivals.week_hours import HOUR

# Of so many agents at least, and of what usually arrives at this hour so large a part.
MIN_AGENTS = 2
MIN_QUIET_SHARE = 0.9
# So many sessions of the others did not come either: one in ten times that is by chance.
MIN_EXPECTED_OF_OTHERS = 2.3


def organization_quiet(judgements: Collection[Judgement], now: datetime) -> bool:
    """Return whether a silence is the organization's: a holiday, or one cause for all.

    judgements: of all of its agents, of now. What counts is what arrived since half of the
    sessions that are missing should have: on a holiday that is in the morning, however late
    the evening before each agent was called. It is the organization's where hardly anything
    did of what usually arrives at this hour, and enough of the others was due by then.
    """
    silent = [one for one in judgements if one.is_silent]
    halves = [one.half_expected_at for one in silent if one.half_expected_at]
    if not halves:
        return False
    since = max(halves)
    quiet = [
        one
        for one in judgements
        if one.silent_since and one.silent_since <= since and one.usual_gap
    ]
    others = _rate([one for one in quiet if not one.is_silent]) * ((now - since) / HOUR)
    is_proved = others >= MIN_EXPECTED_OF_OTHERS or len(silent) > len(judgements) / 2
    is_nearly_all = _rate(quiet) >= MIN_QUIET_SHARE * _rate(judgements)
    return len(quiet) >= MIN_AGENTS and is_nearly_all and is_proved


def _rate(judgements: Collection[Judgement]) -> float:
    """Return sessions an hour that usually arrive now."""
    return sum(HOUR / one.usual_gap for one in judgements if one.usual_gap)
