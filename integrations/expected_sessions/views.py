"""The page of expected sessions: numbers, what runs, and what did not arrive."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from accounts.models import Organization
from conversations.models import Agent
from integrations.expected_sessions.counts import Overview, overview_of
from integrations.expected_sessions.filters import Filters, read_filters
from integrations.expected_sessions.forms import STATES, ExpectedSessionListForm
from integrations.expected_sessions.pages import read_page
from integrations.expected_sessions.rows import SessionRow
from integrations.models import ExpectedSession, LiveKitProject
from web.active_filters import ActiveFilter, filters_in_force
from web.paging import page_links
from web.snapshot import one_snapshot

# More running ones than these, and more agents, are no page that somebody reads.
MAX_RUNNING = 50
MAX_AGENTS = 50
# More agents than this do not fit a menu; the agent's own page links its sessions.
AGENTS_IN_MENU = 200


@require_GET
@organization_view()
def expected_sessions(request: OrganizationRequest) -> HttpResponse:
    """Answer the page; for the poll of `live.js` what moves of it alone, or 204 where
    it is as that reader has `seen` it."""
    filters = read_filters(request.GET)
    with one_snapshot():
        context = page_context(request, filters)
        if request.htmx and request.GET.get("seen") == context["version"]:
            response = HttpResponse(status=204)
        elif request.htmx:
            response = render(
                request, "integrations/expected_sessions/_listing.html", context
            )
        else:
            context |= filter_choices(request.organization, filters)
            response = render(
                request, "integrations/expected_sessions/list.html", context
            )
    patch_vary_headers(response, ["HX-Request"])
    return response


def page_context(request: OrganizationRequest, filters: Filters) -> dict[str, Any]:
    """Return what the page shows apart from its filters: of the newest page without
    filters the numbers too."""
    organization, now = request.organization, timezone.now()
    page = read_page(organization, filters, request.GET)
    rows = [SessionRow(one, now) for one in page.rows]
    shows_overview = not filters and not page.newer
    context: dict[str, Any] = {
        "page": page,
        "rows": rows,
        "filters": filters,
        "shows_overview": shows_overview,
        "list_url": reverse("integrations:expected-sessions", args=[organization.slug]),
        "projects": projects_of(organization, now),
        **page_links(page, filters.query()),
    }
    if shows_overview:
        overview = overview_of(organization, now)
        running = running_now(organization, now)
        context |= {
            "overview": overview,
            "agents": overview.agents[:MAX_AGENTS],
            "agents_left_out": len(overview.agents[MAX_AGENTS:]),
            "running": running[:MAX_RUNNING],
            "are_more_running": len(running) > MAX_RUNNING,
            "first_day": overview.days[0].day,
            "today": overview.days[-1].day,
        }
        version = version_of(rows, running, overview)
    else:
        version = version_of(rows)
    return context | {"version": version}


def running_now(organization: Organization, now: datetime) -> list[SessionRow]:
    """Return what runs, one more than the page shows where there are more; the newest
    first."""
    running = Filters(state=ExpectedSession.State.RUNNING).streams(organization)[0]
    found = running.newest_first().for_list()[: MAX_RUNNING + 1]
    return [SessionRow(one, now) for one in found]


def projects_of(
    organization: Organization, now: datetime
) -> list[tuple[LiveKitProject, LiveKitProject.State]]:
    """Return the projects that are watched, each with whether its events come."""
    projects = LiveKitProject.objects.filter(organization=organization)
    return [(one, one.state_at(now)) for one in projects.order_by("name")]


def version_of(
    rows: Iterable[SessionRow],
    running: Sequence[SessionRow] = (),
    overview: Overview | None = None,
) -> str:
    """Return a digest that changes when what the page shows does, apart from how long
    ago that was."""
    seen = hashlib.blake2b(digest_size=8)
    for row in rows:
        seen.update(row.version.encode())
    for row in running:
        seen.update(f"{row.session.id} {row.so_far}".encode())
    for one in overview.agents if overview else ():
        said = (
            one.name,
            sorted(one.today.by_state.items()),
            sorted(one.week.by_state.items()),
        )
        seen.update(str(said).encode())
    return seen.hexdigest()


def filter_choices(organization: Organization, filters: Filters) -> dict[str, object]:
    """Return the form above the list, and the filters in force."""
    agents = Agent.objects.in_organization(organization).not_merged()
    menu = list(agents.in_service_first()[:AGENTS_IN_MENU])
    if filters.agent and all(one.id != filters.agent for one in menu):
        menu += agents.filter(id=filters.agent)
    form = ExpectedSessionListForm(dict(ExpectedSessionListForm.written(filters)))
    form.offer("agent", [(str(one.id), one.display_name) for one in menu])
    form.name_zone(organization)
    chosen = next((one for one in menu if one.id == filters.agent), None)
    return {"form": form, "chips": chips(filters, chosen)}


def chips(filters: Filters, agent: Agent | None) -> list[ActiveFilter]:
    """Return the filters in force, in words.

    agent: the one that is asked for, where it is known.
    """
    named = [
        ("reference", "Job or room", filters.reference),
        ("state", "State", dict(STATES).get(filters.state)),
        ("agent", "Agent", agent.display_name if agent else filters.agent),
        ("first_day", "From", filters.first_day),
        ("last_day", "To", filters.last_day),
    ]
    return filters_in_force(filters, named)
