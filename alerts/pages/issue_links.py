"""Where a reader looks on from an issue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import Membership, Role
from alerts.models import Issue, IssueKind


@dataclass(frozen=True, slots=True)
class PageLink:
    """A link within Zelto."""

    label: str
    url: str


def links_of(issue: Issue, membership: Membership) -> list[PageLink]:
    """Return the pages that tell more of an issue and that the reader may open."""
    slug = membership.organization.slug
    found = []
    if issue.agent_id:
        name = issue.agent.display_name if issue.agent else ""
        agent = reverse("conversations:agent", args=[slug, issue.agent_id])
        found.append(PageLink(f"The agent {name}", agent))
    if issue.agent_id and issue.kind == IssueKind.AGENT_SILENT:
        week = reverse("alerts:week", args=[slug, issue.agent_id])
        found.append(PageLink("Its usual week, and the gap", week))
    if issue.kind == IssueKind.SESSIONS_MISSING:
        expected = reverse("integrations:expected-sessions", args=[slug])
        query = {"state": "missing"}
        if issue.agent_id:
            query["agent"] = str(issue.agent_id)
        found.append(PageLink("Missing sessions", f"{expected}?{urlencode(query)}"))
    if issue.kind == IssueKind.RECORDINGS_FAILED:
        store = reverse("integrations:recording-store", args=[slug])
        found.append(PageLink("Recording store", store))
    if not membership.covers(Role.ADMIN):
        return found
    if issue.kind in _IN_THE_LOG:
        zone = membership.organization.zone
        found.append(PageLink("Deliveries of that time", _log(slug, issue, zone)))
    if issue.key_id and issue.key:
        key = reverse(
            "integrations:key",
            kwargs={"slug": slug, "page": "livekit", "key_id": issue.key_id},
        )
        found.append(PageLink(f"The key {issue.key.name}", key))
    return found


_IN_THE_LOG = {
    IssueKind.AGENT_SILENT: "",
    IssueKind.ALL_SILENT: "",
    IssueKind.SESSIONS_REFUSED: "rejected",
    IssueKind.DELIVERIES_FAILED: "failed",
    IssueKind.DELIVERIES_WAITING: "accepted",
}


def _log(slug: str, issue: Issue, zone: tzinfo) -> str:
    page = reverse("integrations:deliveries", args=[slug])
    query = {"from": issue.since.astimezone(zone).date().isoformat()}
    if outcome := _IN_THE_LOG[IssueKind(issue.kind)]:
        query["outcome"] = outcome
    return f"{page}?{urlencode(query)}"
