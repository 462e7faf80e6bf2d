"""Whether events of a project come, and what is to be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from accounts.models import Organization
from integrations.models import LiveKitCredential, LiveKitEvent, LiveKitProject

LATEST_EVENTS = 10
# Of all projects; no index serves one project's end of the log.
EVENTS_SEARCHED = 1_000
State = LiveKitProject.State


@dataclass(frozen=True, slots=True)
class ProjectStatus:
    """A project, and whether its events come.

    has_unreadable_secret: of one of its API keys: SECRET_KEY was changed since.
    """

    project: LiveKitProject
    state: LiveKitProject.State
    has_unreadable_secret: bool = False

    @property
    def kind(self) -> str:
        """Return the state as `_state.html` knows it."""
        if self.state is State.RECEIVING:
            return "ok"
        return "wait" if self.state is State.WAITING else "warn"

    @property
    def was_refused_since(self) -> bool:
        """Tell whether the last request that came was refused."""
        refused, taken = self.project.last_refused_at, self.project.last_event_at
        return refused is not None and (taken is None or refused > taken)


@dataclass(frozen=True, slots=True)
class LatestEvent:
    """An event of the log, without its body."""

    name: str
    received_at: datetime
    was_read: bool
    error: str


def project_statuses(organization: Organization) -> list[ProjectStatus]:
    """Return the projects of an organization by name, in two queries."""
    projects = LiveKitProject.objects.in_organization(organization).order_by("name")
    now = timezone.now()
    unreadable = {
        one.project_id
        for one in LiveKitCredential.objects.filter(project__in=projects)
        if one.secret is None
    }
    return [
        ProjectStatus(one, one.state_at(now), one.pk in unreadable) for one in projects
    ]


def status_of(project: LiveKitProject) -> ProjectStatus:
    """Return the status of a project."""
    is_unreadable = any(one.secret is None for one in project.credentials.all())
    return ProjectStatus(project, project.state_at(timezone.now()), is_unreadable)


def latest_events(project: LiveKitProject) -> list[LatestEvent]:
    """Return the newest events of a project, among the newest `EVENTS_SEARCHED` of all."""
    newest = LiveKitEvent.objects.order_by("-id").values_list("id", "project_id")
    ids = [
        event_id
        for event_id, project_id in newest[:EVENTS_SEARCHED]
        if project_id == project.pk
    ]
    rows = LiveKitEvent.objects.filter(id__in=ids[:LATEST_EVENTS]).order_by("-id")
    return [
        LatestEvent(one.name, one.received_at, one.processed_at is not None, one.error)
        for one in rows.defer("body")
    ]
