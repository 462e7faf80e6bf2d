"""Issues as programs see them: what is wrong, since when, and what became of it."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Annotated, Literal
from uuid import UUID

from django.db.models import Q
from pydantic import Field, WithJsonSchema

from accounts.links import absolute_url
from accounts.models import ApiKey, Membership, Organization
from alerts.models import Issue as IssueRow
from alerts.models import IssueChange as IssueChangeRow
from alerts.models import IssueKind
from alerts.models.issue import OF_THE_INSTANCE, IssueQuerySet
from alerts.texts.issue_links import issue_path
from alerts.texts.issue_text import lines_of, title_of
from api.pagination import ListSlice, position_in
from api.parameters import Id, PageParameters, When, as_moment, word
from api.resources import Listed, Resource, nothing
from web.paging import Position, cut

OPEN, RESOLVED = "open", "resolved"
# Of one issue; the latest.
MAX_CHANGES = 200
# Of an answer: never checked, so that a row of a kind that is no longer known is read.
Kind = Annotated[
    str, WithJsonSchema({"type": "string", "enum": list(IssueKind.values)})
]


class Issue(Resource):
    """Something that is wrong: one for one cause, however many sessions it concerns."""

    id: UUID = Field(
        description="Given by Zelto; stays when the cause comes back within a day.",
        examples=["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e27"],
    )
    kind: Kind = Field(description="What is wrong.", examples=["agent_silent"])
    state: Literal["open", "resolved"] = Field(
        description="It is resolved once its cause is gone.", examples=["open"]
    )
    title: str = Field(
        description="One sentence, in the organization's time zone.",
        examples=["Front desk is silent since 14:02"],
    )
    lines: list[str] = Field(
        description="Its cause and what to do, a sentence each.",
        examples=[["Since 14:02 its key livekit-prod was refused 38 times."]],
    )
    since: datetime = Field(
        description="When it began, UTC, as all times here.",
        examples=["2026-11-22T13:02:11.000000Z"],
    )
    opened_at: datetime = Field(
        description="When it was seen.", examples=["2026-11-22T13:31:00.000000Z"]
    )
    resolved_at: datetime | None = Field(
        description="When its cause was gone.", examples=[None]
    )
    acknowledged_at: datetime | None = Field(
        description="When somebody took it on.", examples=[None]
    )
    acknowledged_by: str | None = Field(
        description="Who did, by name.", examples=["Alice Brown"]
    )
    snoozed_until: datetime | None = Field(
        description="No message before then.", examples=[None]
    )
    count: int = Field(
        description="Sessions, deliveries or recordings that it concerns; 0 where its "
        "kind counts nothing.",
        examples=[38],
    )
    agent_id: UUID | None = Field(
        description="Whose it is; null where it is of no agent.",
        examples=["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e21"],
    )
    agent_name: str | None = Field(
        description="What that agent is called.", examples=["Front desk"]
    )
    key_id: UUID | None = Field(
        description="The key that it is about; null where it is about none.",
        examples=["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e24"],
    )
    url: str = Field(
        description="Its page in the dashboard.",
        examples=[
            "https://zelto.example.com/org/acme/alerts/issues/"
            "019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e27"
        ],
    )


class IssueChange(Resource):
    """A step in the life of an issue."""

    kind: Literal[
        "opened", "reopened", "acknowledged", "snoozed", "woken", "resolved"
    ] = Field(description="`woken`: it was snoozed until then.", examples=["opened"])
    at: datetime = Field(
        description="When it was.", examples=["2026-11-22T13:31:00.000000Z"]
    )
    by: str | None = Field(
        description="Whose step it was, by name; null for Zelto's own.",
        examples=["Alice Brown"],
    )
    title: str = Field(
        description="The issue as it was then, in one sentence.",
        examples=["Front desk is silent since 14:02"],
    )


class IssueWithChanges(Issue):
    """An issue with what became of it."""

    changes: list[IssueChange] = Field(
        description="The earliest first; the latest 200 at most."
    )


class IssueList(Listed):
    """A page of issues."""

    data: list[Issue] = Field(description="The newest first, by when they were opened.")


class IssueParameters(PageParameters):
    state: word(OPEN, RESOLVED) | None = Field(  # type: ignore[valid-type]
        None, description="Whether it is over.", examples=["open"]
    )
    kind: word(*IssueKind.values) | None = Field(  # type: ignore[valid-type]
        None, description="What is wrong.", examples=["agent_silent"]
    )
    agent_id: Id | None = Field(
        None,
        description="Whose it is.",
        examples=["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e21"],
    )
    since: When | None = Field(
        None,
        alias="from",
        description="Opened then or later. A date begins at midnight in the "
        "organization's time zone; a time without a zone is UTC.",
        examples=["2026-11-22"],
    )
    until: When | None = Field(
        None, alias="to", description="Opened before.", examples=["2026-11-23"]
    )


def list_issues(key: ApiKey, parameters: IssueParameters) -> ListSlice[Issue]:
    """Return a part of the issues that the program with this key may see, newest first.

    Raises:
        Refusal: 400, the cursor is none of this list.
    """
    zone = key.organization.zone
    rows = _narrowed(_seen_with(key), parameters, zone)
    if than := position_in(parameters.cursor):
        rows = rows.filter(opened_at__lte=than.created_at).exclude(
            opened_at=than.created_at, id__gte=than.id
        )
    found = cut(rows.newest_first()[: parameters.limit + 1], parameters.limit)
    return ListSlice(
        [Issue(**_fields_of(row, key.organization)) for row in found.rows],
        _cursor_of(found.last) if found.last else None,
        _cursor_of,
    )


def get_issue(key: ApiKey, issue_id: UUID) -> IssueWithChanges:
    """Return an issue with its changes.

    Raises:
        Http404: there is none, or the program with this key may not see it.
    """  # noqa: DOC501 - `nothing` makes an Http404
    row = _seen_with(key).filter(pk=issue_id).first()
    if row is None:
        raise nothing("issue")
    latest = IssueChangeRow.objects.filter(issue=row).order_by("-id")[:MAX_CHANGES]
    changes = [_change(one, row, key.organization.zone) for one in latest]
    return IssueWithChanges(
        **_fields_of(row, key.organization), changes=list(reversed(changes))
    )


def _seen_with(key: ApiKey) -> IssueQuerySet:
    """Return the issues that a program may see: those of the instance itself only where
    an owner made its key.
    """
    own = IssueRow.objects.in_organization(key.organization)
    rows = own.select_related("agent", "acknowledged_by")
    owners = Membership.objects.in_organization(key.organization).owners()
    if owners.filter(user=key.made_by_id).exists():
        return rows
    return rows.exclude(kind__in=OF_THE_INSTANCE)


def _narrowed(
    rows: IssueQuerySet, asked: IssueParameters, zone: tzinfo
) -> IssueQuerySet:
    if asked.state:
        rows = rows.open() if asked.state == OPEN else rows.resolved()
    if asked.kind:
        rows = rows.filter(kind=asked.kind)
    if asked.agent_id:
        # What was found of an agent stays its own when it is merged.
        own = Q(agent=asked.agent_id) | Q(agent__merged_into=asked.agent_id)
        rows = rows.filter(own)
    if since := as_moment(asked.since, zone):
        rows = rows.filter(opened_at__gte=since)
    if until := as_moment(asked.until, zone):
        rows = rows.filter(opened_at__lt=until)
    return rows


def _fields_of(row: IssueRow, organization: Organization) -> dict[str, object]:
    zone = organization.zone
    by = row.acknowledged_by
    return {
        "id": row.id,
        "kind": row.kind,
        "state": OPEN if row.is_open else RESOLVED,
        "title": title_of(row, zone),
        "lines": lines_of(row, zone),
        "since": row.since,
        "opened_at": row.opened_at,
        "resolved_at": row.resolved_at,
        "acknowledged_at": row.acknowledged_at,
        "acknowledged_by": by.display_name if by else None,
        "snoozed_until": row.snoozed_until,
        "count": row.count,
        "agent_id": row.agent_id,
        "agent_name": row.agent.display_name if row.agent else None,
        "key_id": row.key_id,
        "url": absolute_url(issue_path(organization.slug, row.id)),
    }


def _change(change: IssueChangeRow, row: IssueRow, zone: tzinfo) -> IssueChange:
    change.issue = row
    return IssueChange(
        kind=change.kind,
        at=change.created_at,
        by=change.actor or None,
        title=title_of(change, zone),
    )


def _cursor_of(row: IssueRow | Issue) -> str:
    return Position(row.opened_at, row.id).cursor
