"""Whether a silence is one agent's, or the organization's."""

from __future__ import annotations

from collections.abc import Collection

from conversations.agents.states import Judgement
from conversations.arrivals.week_hours import HOUR

# Of so many agents at least, and of what usually arrives at this hour so large a part.
MIN_AGENTS_OF_AN_ORGANIZATION = 2
MIN_QUIET_SHARE = 0.9
MIN_EXPECTED_OF_OTHERS = 2.0


def organization_quiet(judgements: Collection[Judgement]) -> bool:
    """Return whether a silence is the organization's: a holiday, or one cause for all.

    judgements: of all of its agents. It is where nearly all that usually arrives at this
    hour has not, since the silence of those began that count as silent, and that is not
    only because hardly any of the others were due.
    """
    silent = [one for one in judgements if one.is_silent]
    began = [one.silent_since for one in silent if one.silent_since]
    if not began:
        return False
    due = [one for one in judgements if one.is_silent or one.expected]
    quiet = [one for one in due if one.silent_since and one.silent_since <= max(began)]
    others = sum(one.expected or 0.0 for one in quiet if not one.is_silent)
    is_proved = len(silent) > len(quiet) / 2 or others >= MIN_EXPECTED_OF_OTHERS
    return (
        len(quiet) >= MIN_AGENTS_OF_AN_ORGANIZATION
        and _rate(quiet) >= MIN_QUIET_SHARE * _rate(due)
        and is_proved
    )


def _rate(judgements: Collection[Judgement]) -> float:
    """Return sessions an hour that usually arrive now."""
    return sum(HOUR / one.usual_gap for one in judgements if one.usual_gap)
