"""The filters in force, each with the address that takes it away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conversations.listing.query import METADATA, ListQuery
from conversations.models import Agent
from conversations.providers import label_of


@dataclass(frozen=True, slots=True)
class ActiveFilter:
    label: str
    value: str
    query: str


def active_filters(asked: ListQuery, agent: Agent | None) -> list[ActiveFilter]:
    """agent: the one that is asked for, where it is known."""
    return [
        ActiveFilter(label, value, asked.without(name).query())
        for name, label, value in _named(asked, agent)
        if value
    ]


def _named(asked: ListQuery, agent: Agent | None) -> Iterator[tuple[str, str, str]]:
    agent_name = agent.display_name if agent else str(asked.agent or "")
    yield "text", "Says", asked.text
    yield "reference", "Reference or name", asked.reference
    yield "agent", "Agent", agent_name
    yield "provider", "Provider", label_of(asked.provider)
    yield "ended_reason", "Ended", asked.ended_reason
    yield "version", "Version", asked.version
    yield "has_transcript", "Transcript", yes_or_no(asked.has_transcript)
    yield "has_audio", "Audio", yes_or_no(asked.has_audio)
    for key, value in asked.metadata:
        yield METADATA + key, key, value
    yield "first_day", "From", f"{asked.first_day:%-d %b %Y}" if asked.first_day else ""
    yield "last_day", "Until", f"{asked.last_day:%-d %b %Y}" if asked.last_day else ""


def yes_or_no(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"
