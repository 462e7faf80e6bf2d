"""What the lists of issues are narrowed to, and their pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode
from uuid import UUID

from accounts.models import Membership, Role
from alerts.models import Issue, IssueKind
from alerts.models.issue import IssueQuerySet
from alerts.pages.issue_forms import (
    ACKNOWLEDGED,
    NEW,
    SNOOZED,
    STATES,
    HistoryForm,
    IssuesForm,
)
from conversations.models import Agent
from web import paging
from web.active_filters import ActiveFilter, filters_in_force
from web.paging import Keyset, Page, Position

PAGE_SIZE = 50
# More agents than this do not fit a menu; the agent's own page links its issues.
AGENTS_IN_MENU = 200


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader asked for.

    state: of open ones: `new`, `acknowledged`, `snoozed`, or empty.
    faults: sentences on what could not be read and is left out.
    """

    kind: str = ""
    agent: UUID | None = None
    state: str = ""
    faults: tuple[str, ...] = field(default=(), compare=False)

    def __bool__(self) -> bool:
        return self != Filters()

    def query(self) -> str:
        """Return these filters as the query of an address, without the question mark."""
        return urlencode([*IssuesForm.written(self)])

    def without(self, name: str) -> Filters:
        return replace(self, **{name: getattr(Filters(), name)})

    def narrow(self, issues: IssueQuerySet) -> IssueQuerySet:
        """Return those that fit."""
        if self.kind:
            issues = issues.filter(kind=self.kind)
        if self.agent:
            issues = issues.filter(agent=self.agent)
        if self.state == NEW:
            issues = issues.awake().filter(acknowledged_at=None)
        elif self.state == ACKNOWLEDGED:
            issues = issues.filter(acknowledged_at__isnull=False)
        elif self.state == SNOOZED:
            issues = issues.snoozed()
        return issues


def position_of(issue: Issue) -> Position:
    """Return where an issue stands in a list that is newest first."""
    return Position(issue.opened_at, issue.id)


@dataclass(frozen=True, slots=True)
class IssueRows:
    """Issues as rows of pages."""

    issues: IssueQuerySet

    def next_older(self, than: Position | None, count: int) -> list[Issue]:
        """Return up to `count` issues behind a position, newest first."""
        older = self.issues.older_than(*than) if than else self.issues
        return list(older.newest_first().for_list()[:count])

    def next_newer(self, than: Position, count: int) -> list[Issue]:
        """Return up to `count` issues in front of a position, oldest first."""
        newer = self.issues.newer_than(*than)
        return list(newer.oldest_first().for_list()[:count])


def issues_of(membership: Membership) -> IssueQuerySet:
    """Return the issues that a member may see."""
    return Issue.objects.in_organization(membership.organization).visible(
        to_owner=membership.covers(Role.OWNER)
    )


def read_filters(
    parameters: Mapping[str, str], form: type[HistoryForm] = IssuesForm
) -> Filters:
    """Return what an address asks for; what cannot be read is left out, with a fault."""
    values, faults = form.read(parameters)
    return Filters(**values, faults=tuple(faults))


def read_page(
    issues: IssueQuerySet, parameters: Mapping[str, str]
) -> Page[Issue, Position]:
    """Return the page that `before` or `after` in the address names; else the newest."""
    source = Keyset(IssueRows(issues), position_of, Position.from_cursor)
    return paging.read_page(source, parameters, PAGE_SIZE)


def filter_choices(
    membership: Membership, filters: Filters, form_class: type[HistoryForm]
) -> dict[str, object]:
    """Return the form above a list, and the filters in force."""
    agents = Agent.objects.in_organization(membership.organization).not_merged()
    menu = list(agents.in_service_first()[:AGENTS_IN_MENU])
    if filters.agent and all(one.id != filters.agent for one in menu):
        menu += agents.filter(id=filters.agent)
    form = form_class(dict(form_class.written(filters)))
    form.offer("agent", [(str(one.id), one.display_name) for one in menu])
    chosen = next((one for one in menu if one.id == filters.agent), None)
    return {"form": form, "chips": chips(filters, chosen)}


def chips(filters: Filters, agent: Agent | None) -> list[ActiveFilter]:
    """Return the filters in force, in words.

    agent: the one that is asked for, where it is known.
    """
    named = [
        ("kind", "What", dict(IssueKind.choices).get(filters.kind)),
        ("agent", "Agent", agent.display_name if agent else filters.agent),
        ("state", "State", dict(STATES).get(filters.state)),
    ]
    return filters_in_force(filters, named)
