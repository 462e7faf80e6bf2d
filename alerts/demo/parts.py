"""Adding alerts to a demo: once, and nothing that is sent to anybody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from accounts.actions import create_key
from accounts.models import ApiKey, Organization, User
from alerts.channels import registry
from alerts.demo.past_issues import PastIssue, past_issues
from alerts.models import (
    Attempt,
    Channel,
    FirstChannel,
    Issue,
    IssueChange,
    IssueKind,
    Message,
    Rule,
)
from conversations.models import Agent

Step = IssueChange.Kind
# Its end is found to be near by the round of looks, too, so that the issue stays open.
KEY_NAME = "livekit-staging"
EXPIRES_IN = timedelta(days=9)
# An address of nobody, switched off: nothing is ever sent there.
HOOK = "https://hooks.slack.com/services/T00000000/B00000000/of-a-demo-and-nobodys"
GONE = "Slack says that this address is gone: no_service. Make another one in Slack."


@transaction.atomic
def add_alerts(organization: Organization, owner: User) -> None:
    """Add issues, channels with what was sent there, and a rule; nothing where they are
    there already.
    """
    keys = ApiKey.objects.in_organization(organization).select_for_update(no_key=True)
    if keys.filter(name=KEY_NAME).exists():
        return
    now = timezone.now()
    mail, slack = _mail(organization, now), _slack(organization, owner, now)
    for past in past_issues(now):
        _add_past(organization, owner, past, (mail, slack))
    _add_open(organization, owner, now, mail)
    _add_rule(organization)


def _mail(organization: Organization, now: datetime) -> Channel:
    """Return the mail to owners and admins that each organization gets."""
    FirstChannel.objects.get_or_create(
        organization=organization, defaults={"made_at": now}
    )
    channels = Channel.objects.in_organization(organization)
    found = channels.filter(kind=Channel.Kind.EMAIL).order_by("pk").first()
    if found is not None:
        return found
    channel = Channel(
        organization=organization,
        kind=Channel.Kind.EMAIL,
        name="Owners and admins",
        taken_at=now - timedelta(hours=5),
    )
    checked = registry.check(Channel.Kind.EMAIL, {"people": "admins"})
    registry.set_config(channel, checked)
    channel.save()
    return channel


def _slack(organization: Organization, owner: User, now: datetime) -> Channel:
    channel = Channel(
        organization=organization,
        kind=Channel.Kind.SLACK,
        name="#voice-alerts",
        created_by=owner,
        failures=5,
        taken_at=now - timedelta(days=9),
        disabled_at=now - timedelta(days=4),
        disabled_reason=GONE,
    )
    registry.set_config(channel, registry.check(Channel.Kind.SLACK, {"url": HOOK}))
    channel.save()
    return channel


def _add_past(
    organization: Organization,
    owner: User,
    past: PastIssue,
    channels: Iterable[Channel],
) -> None:
    agents = Agent.objects.in_organization(organization).not_merged()
    agent = agents.filter(external_id=past.agent).first()
    named = {"agent": agent.display_name, "agent_id": str(agent.pk)} if agent else {}
    issue = Issue.objects.create(
        organization=organization,
        kind=past.kind,
        cause=f"demo:{uuid4()}",
        agent=agent,
        since=past.since,
        opened_at=past.opened_at,
        seen_at=past.resolved_at,
        resolved_at=past.resolved_at,
        count=past.count,
        facts={**named, **past.facts},
    )
    _add_change(issue, Step.OPENED, past.opened_at)
    if past.was_acknowledged:
        looked_at = past.opened_at + timedelta(minutes=4)
        issue.acknowledged_at, issue.acknowledged_by = looked_at, owner
        issue.save(update_fields=["acknowledged_at", "acknowledged_by"])
        _add_change(issue, Step.ACKNOWLEDGED, looked_at, owner)
    _add_change(issue, Step.RESOLVED, past.resolved_at)
    for channel in channels:
        for event, at in (
            ("issue.opened", past.opened_at),
            ("issue.resolved", past.resolved_at),
        ):
            _add_sent(channel, issue, event, at)


def _add_open(
    organization: Organization, owner: User, now: datetime, mail: Channel
) -> None:
    expires_at = now + EXPIRES_IN
    key, _ = create_key(
        organization=organization,
        name=KEY_NAME,
        scope=ApiKey.Scope.INGEST,
        by=owner,
        expires_at=expires_at,
    )
    used_at = now - timedelta(hours=2)
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=used_at)
    facts = {
        "key": key.name,
        "expires_at": expires_at.isoformat(),
        "used_at": used_at.replace(minute=0, second=0, microsecond=0).isoformat(),
    }
    opened_at = now - timedelta(hours=5)
    issue = Issue.objects.create(
        organization=organization,
        kind=IssueKind.KEY_EXPIRES,
        cause=str(key.pk),
        key=key,
        since=opened_at,
        opened_at=opened_at,
        facts=facts,
    )
    _add_change(issue, Step.OPENED, opened_at)
    _add_sent(mail, issue, "issue.opened", opened_at)


def _add_change(
    issue: Issue, step: IssueChange.Kind, at: datetime, by: User | None = None
) -> None:
    IssueChange.objects.create(
        issue=issue,
        organization=issue.organization,
        kind=step,
        by=by,
        actor=by.display_name if by else "",
        since=issue.since,
        count=issue.count,
        facts=issue.facts,
        created_at=at,
    )


def _add_sent(channel: Channel, issue: Issue, event: str, at: datetime) -> None:
    """Add a message as it was sent; to a channel that was gone by then, as it was not."""
    is_gone = channel.disabled_at is not None and at > channel.disabled_at - timedelta(
        3
    )
    state = Message.State.FAILED if is_gone else Message.State.DONE
    message = Message.objects.create(
        organization=channel.organization,
        channel=channel,
        issue=issue,
        event=event,
        about=f"demo:{issue.pk}:{event}",
        state=state,
        attempts=1,
        created_at=at,
        sent_at=None if is_gone else at,
    )
    taken = "To 1 address." if channel.kind == Channel.Kind.EMAIL else "ok"
    Attempt.objects.create(
        organization=channel.organization,
        channel=channel,
        message=message,
        number=1,
        was_taken=not is_gone,
        status=404 if is_gone else 250 if channel.kind == Channel.Kind.EMAIL else 200,
        answer="no_service" if is_gone else taken,
        reason=GONE if is_gone else "",
        seconds=0.3,
        created_at=at,
    )


def _add_rule(organization: Organization) -> None:
    agents = Agent.objects.in_organization(organization).not_merged()
    agent = agents.filter(external_id="front-desk").first()
    if agent is not None:
        Rule.objects.get_or_create(
            organization=organization,
            agent=agent,
            kind=IssueKind.AGENT_SILENT,
            defaults={"days_off": [6]},
        )
