"""The numbers of a week, from the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from accounts.models import Organization
from alerts.models import Issue, IssueKind
from alerts.models.issue import OF_THE_INSTANCE, IssueQuerySet
from alerts.summaries.week import (
    MAX_ALERTS,
    MAX_SILENT,
    AgentWeek,
    AlertWeek,
    Compared,
    Week,
)
from alerts.texts.subject import Step, subject_of
from alerts.texts.titles import title_of_open
from conversations.days import midnight
from conversations.models import Agent, Conversation
from integrations.models import Delivery, ExpectedSession

WEEK = timedelta(days=7)
SILENT = (IssueKind.AGENT_SILENT, IssueKind.ALL_SILENT)


def read_week(organization: Organization, first_day: date) -> Week:
    """Return what there is to say of the week from a Monday on. Test sessions do not
    count.
    """
    zone = organization.zone
    start, end = midnight(first_day, zone), midnight(first_day + WEEK, zone)
    agents = _agents(organization, first_day)
    issues = Issue.objects.in_organization(organization).exclude(
        kind__in=OF_THE_INSTANCE
    )
    opened = issues.filter(opened_at__gte=start, opened_at__lt=end)
    silent = issues.open().filter(kind__in=SILENT).order_by("since", "pk")
    return Week(
        first_day=first_day,
        time_zone=organization.time_zone,
        sessions=Compared(
            sum(one.sessions.now for one in agents),
            sum(one.sessions.before for one in agents),
        ),
        agents=agents,
        missing=_missing(organization, first_day),
        refused=_refused(organization, first_day),
        alerts=_alerts(opened, zone),
        alert_count=opened.count(),
        silent=[_title(one, one.seen_at, zone) for one in silent[:MAX_SILENT]],
        silent_count=silent.count(),
    )


def _within(name: str, first_day: date, zone: tzinfo) -> Q:
    start, end = midnight(first_day, zone), midnight(first_day + WEEK, zone)
    return Q(**{f"{name}__gte": start, f"{name}__lt": end})


def _agents(organization: Organization, first_day: date) -> list[AgentWeek]:
    zone = organization.zone
    now = _within("created_at", first_day, zone)
    before = _within("created_at", first_day - WEEK, zone)
    rows = (
        Conversation.objects.in_organization(organization)
        .filter(now | before, is_test=False)
        .order_by()
        .values_list("agent")
        .annotate(now=Count("pk", filter=now), before=Count("pk", filter=before))
    )
    counts = {agent: Compared(*both) for agent, *both in rows}
    agents = Agent.objects.in_organization(organization).in_bulk(list(counts))
    return [AgentWeek(agents[key].display_name, one) for key, one in counts.items()]


def _missing(organization: Organization, first_day: date) -> Compared:
    missing = ExpectedSession.objects.in_organization(organization).filter(
        state=ExpectedSession.State.MISSING
    )
    return _both(missing, "expected_at", first_day, organization.zone, Count("pk"))


def _refused(organization: Organization, first_day: date) -> Compared:
    refused = Delivery.objects.filter(
        organization=organization, outcome=Delivery.Outcome.REJECTED
    )
    # One row may stand for many posts that were refused alike.
    return _both(refused, "received_at", first_day, organization.zone, Sum("count"))


def _both(
    rows: QuerySet[Any], name: str, first_day: date, zone: tzinfo, what: Any
) -> Compared:
    numbers = [
        rows.filter(_within(name, day, zone)).order_by().aggregate(all=what)["all"]
        for day in (first_day, first_day - WEEK)
    ]
    return Compared(*(number or 0 for number in numbers))


def _alerts(opened: IssueQuerySet, zone: tzinfo) -> list[AlertWeek]:
    """Return the first of them, as they were when they were opened."""
    return [
        AlertWeek(_title(one, one.opened_at, zone), _seconds(one))
        for one in opened.order_by("opened_at", "pk")[:MAX_ALERTS]
    ]


def _title(issue: Issue, moment: datetime, zone: tzinfo) -> str:
    one = subject_of(issue, zone)
    return title_of_open(replace(one, step=Step.OPENED, now=moment))


def _seconds(issue: Issue) -> float | None:
    if issue.resolved_at is None:
        return None
    return (issue.resolved_at - issue.opened_at).total_seconds()
