"""Where the parts of the answer lead to."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from accounts.models import Organization
from home.sentence import About, Answer, Clause
from home.sessions import SessionsNow

Linked = tuple[Clause, str]


def linked(
    answer: Answer, organization: Organization, sessions: SessionsNow
) -> list[Linked]:
    """Return each part of the answer with the address of its list; empty for none."""
    expected = _address("integrations:expected-sessions", organization)
    day = f"from={sessions.today}&to={sessions.today}"
    addresses = {
        About.AGENTS: _address("conversations:agents", organization),
        About.MISSING: f"{expected}?state=missing&{day}" if expected else "",
        About.REFUSED: f"{expected}?state=refused&{day}" if expected else "",
        About.ISSUES: _address("alerts:issues", organization),
    }
    return [(clause, addresses.get(clause.about, "")) for clause in answer.clauses]


def _address(name: str, organization: Organization) -> str:
    """Return the address of a page; empty where there is no such page."""
    try:
        return reverse(name, kwargs={"slug": organization.slug})
    except NoReverseMatch:
        return ""
