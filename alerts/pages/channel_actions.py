"""What people do with channels, each with its entry in the audit log."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.audit import record
from accounts.models import AuditAction, Organization, User
from alerts.channels import registry
from alerts.channels.checks import masked
from alerts.channels.kind import CheckedConfig
from alerts.channels.signing import new_secret
from alerts.messages.sending import queue_test
from alerts.models import Channel, Message

MAX_CHANNELS = 50
# For so long the signing secret before the newest one signs too.
SECRET_OVERLAP = timedelta(days=1)
ROUTING = {
    "sends_issues": "whether issues are sent",
    "kinds": "its kinds of issues",
    "agents": "its agents",
    "events": "its events",
    "sends_content": "whether content is sent",
    "sends_summary": "its weekly summary",
}


class TooMany(Exception):
    """There are as many as there may be."""


class MadeAlready(Exception):
    """The form was sent a second time."""


class RotatedAlready(Exception):
    """The secret is another by now than the one that was to be replaced."""


def add_channel(
    *,
    organization: Organization,
    channel_id: UUID,
    kind: str,
    name: str,
    checked: CheckedConfig,
    by: User,
) -> Channel:
    """Make a channel, which is told of every issue.

    channel_id: chosen when its form was shown, so that a form makes one channel.

    Raises:
        MadeAlready: there is a channel with this id.
        TooMany: the organization has `MAX_CHANNELS`.
    """
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        if Channel.objects.filter(pk=channel_id).exists():
            raise MadeAlready
        if Channel.objects.in_organization(organization).count() >= MAX_CHANNELS:
            raise TooMany
        channel = Channel(
            id=channel_id,
            organization=organization,
            kind=kind,
            name=name,
            created_by=by,
        )
        registry.set_config(channel, checked)
        channel.save(force_insert=True)
        said = f"{channel.get_kind_display()} {channel.shown}".strip()
        note(AuditAction.CHANNEL_ADDED, channel, by, reached=said)
    return channel


def change_channel(
    *, channel: Channel, name: str, checked: CheckedConfig, by: User
) -> None:
    """Give a channel another name or another way to it; the same ones change nothing."""
    with transaction.atomic():
        locked = _locked(channel)
        changes = []
        if locked.name != name:
            changes.append(f"its name, before {locked.name}")
        if registry.config_of(locked) != checked.config:
            changes.append(f"where it leads, to {checked.shown}")
        if not changes:
            return
        channel.name = name
        registry.set_config(channel, checked)
        channel.save(update_fields=["name", "shown", "secret"])
        note(AuditAction.CHANNEL_CHANGED, channel, by, change=" and ".join(changes))


def change_routing(*, channel: Channel, by: User, **values: Any) -> None:
    """Tell a channel of other issues or events; the same ones change nothing.

    values: of the columns in `ROUTING`, by their names.
    """
    with transaction.atomic():
        locked = _locked(channel)
        changed = [
            name for name, value in values.items() if getattr(locked, name) != value
        ]
        if not changed:
            return
        for name in changed:
            setattr(channel, name, values[name])
        channel.save(update_fields=changed)
        change = ", ".join(ROUTING[name] for name in changed)
        note(AuditAction.CHANNEL_CHANGED, channel, by, change=change)


def test_channel(*, channel: Channel, by: User) -> Message:
    """Have a worker send a test; return its message, which says what came of it."""
    with transaction.atomic():
        note(AuditAction.CHANNEL_TESTED, channel, by)
        return queue_test(channel)


def enable_channel(*, channel: Channel, by: User) -> None:
    """Send to a disabled channel again."""
    with transaction.atomic():
        locked = _locked(channel)
        if locked.disabled_at is None:
            return
        channel.disabled_at, channel.disabled_reason, channel.failures = None, "", 0
        channel.save(update_fields=["disabled_at", "disabled_reason", "failures"])
        note(AuditAction.CHANNEL_ENABLED, channel, by)


def rotate_secret(*, channel: Channel, before: str, by: User) -> str:
    """Sign with another secret, for a day with the one before as well; return it.

    before: the masked secret that is to be replaced.

    Raises:
        RotatedAlready: it is another one by now.
    """
    with transaction.atomic():
        locked = _locked(channel)
        if not before or masked_secret(locked) != before:
            raise RotatedAlready
        config, secret = registry.config_of(locked) or {}, new_secret()
        until = timezone.now() + SECRET_OVERLAP
        channel.former_secret, channel.former_secret_until = config["secret"], until
        channel.secret = json.dumps({**config, "secret": secret})
        fields = ["secret", "former_secret", "former_secret_until"]
        channel.save(update_fields=fields)
        note(AuditAction.CHANNEL_SECRET_ROTATED, channel, by, until=until.isoformat())
    return secret


def masked_secret(channel: Channel) -> str:
    """Return the end of the secret that a webhook signs with; empty where there is none."""
    secret = (registry.config_of(channel) or {}).get("secret", "")
    return masked(secret) if secret else ""


def remove_channel(*, channel: Channel, by: User) -> None:
    """Delete a channel with its log; what was still to be sent is not sent."""
    with transaction.atomic():
        note(AuditAction.CHANNEL_REMOVED, channel, by)
        channel.delete()


def note(action: AuditAction, channel: Channel, by: User, **detail: str) -> None:
    """Write an entry of the audit log about a channel."""
    record(
        organization=channel.organization,
        by=by,
        action=action,
        subject=channel.name,
        detail={"id": str(channel.pk), **detail},
    )


def _locked(channel: Channel) -> Channel:
    return Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
