"""Absolute links of messages about issues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse

from accounts.links import absolute_url
from alerts.channels.text import Link
from alerts.models import IssueKind

_TO_DELIVERIES = frozenset(
    {
        IssueKind.SESSIONS_REFUSED,
        IssueKind.DELIVERIES_FAILED,
        IssueKind.DELIVERIES_WAITING,
    }
)


def issue_path(slug: str, issue_id: UUID | str) -> str:
    """Return the path of an issue's page."""
    return f"/org/{slug}/alerts/issues/{issue_id}"


def links_of(
    slug: str, issue_id: UUID | str, kind: str, facts: Mapping[str, Any]
) -> list[Link]:
    """Return the links of a message: the issue, and what it is about."""
    links = [Link("See the alert", absolute_url(issue_path(slug, issue_id)))]

    def add(label: str, name: str, *arguments: str) -> None:
        path = reverse(name, args=[slug, *arguments])
        links.append(Link(label, absolute_url(path)))

    if agent := facts.get("agent_id"):
        add("Agent", "conversations:agent", str(agent))
    if kind in _TO_DELIVERIES:
        add("Deliveries", "integrations:deliveries")
    if kind == IssueKind.SESSIONS_MISSING or facts.get("sessions"):
        add("Expected sessions", "integrations:expected-sessions")
    if kind in {IssueKind.KEY_EXPIRES, IssueKind.KEY_UNUSED}:
        add("API keys", "integrations:api")
    return links
