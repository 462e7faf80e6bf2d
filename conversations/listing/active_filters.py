"""What of a list of conversations is in force, in words."""

from __future__ import annotations

from collections.abc import Iterator

from conversations.listing.columns import METADATA
from conversations.listing.forms import ARRIVALS
from conversations.listing.query import ListQuery
from conversations.models import Agent
from conversations.providers import label_of
from conversations.verdicts import OUTCOMES
from web.active_filters import ActiveFilter, filters_in_force


def active_filters(asked: ListQuery, agent: Agent | None) -> list[ActiveFilter]:
    """Return the filters of a list of conversations that are in force.

    agent: the one that is asked for, where it is known.
    """
    return filters_in_force(asked, _named(asked, agent))


def _named(asked: ListQuery, agent: Agent | None) -> Iterator[tuple[str, str, str]]:
    agent_name = agent.display_name if agent else str(asked.agent or "")
    yield "text", "Says", asked.text
    yield "reference", "Reference or name", asked.reference
    yield "agent", "Agent", agent_name
    yield "provider", "Provider", label_of(asked.provider)
    yield "ended_reason", "Ended", asked.ended_reason
    yield "version", "Version", asked.version
    yield "outcome", "Outcome", dict(OUTCOMES).get(asked.outcome, "")
    yield "tag", "Tag", asked.tag
    yield "judge", "Judge", asked.judge
    yield "verdict", "A judge says", asked.verdict
    yield "is_test", "Test", yes_or_no(asked.is_test)
    yield "has_transcript", "Transcript", yes_or_no(asked.has_transcript)
    yield "has_audio", "Audio", yes_or_no(asked.has_audio)
    for key, value in asked.metadata:
        yield METADATA + key, key, value
    yield "arrival", "Arrival", dict(ARRIVALS).get(asked.arrival, "")
    yield "first_day", "From", f"{asked.first_day:%-d %b %Y}" if asked.first_day else ""
    yield "last_day", "Until", f"{asked.last_day:%-d %b %Y}" if asked.last_day else ""


def yes_or_no(value: bool | None) -> str:
    """Return an answer in words; empty where nothing was asked."""
    return "" if value is None else "yes" if value else "no"
