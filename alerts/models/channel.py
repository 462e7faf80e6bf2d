"""Channels: where messages go."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts.identifiers import time_ordered_uuid
from accounts.models import Organization
from accounts.models.encrypted_text import EncryptedTextField
from accounts.names import validate_one_line


class ChannelQuerySet(models.QuerySet["Channel"]):
    def in_organization(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def usable(self) -> Self:
        return self.filter(disabled_at=None)


class Channel(models.Model):
    """A way to people or programs, of one organization.

    What opens it is encrypted; pages show `shown`.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail"
        SLACK = "slack", "Slack"
        TEAMS = "teams", "Microsoft Teams"
        DISCORD = "discord", "Discord"
        GOOGLE_CHAT = "google_chat", "Google Chat"
        PAGERDUTY = "pagerduty", "PagerDuty"
        OPSGENIE = "opsgenie", "Opsgenie"
        TELEGRAM = "telegram", "Telegram"
        NTFY = "ntfy", "ntfy"
        WEBHOOK = "webhook", "Webhook"

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, db_index=False, related_name="channels"
    )
    kind = models.CharField(max_length=16, choices=Kind.choices)
    name = models.CharField(max_length=255, validators=[validate_one_line])
    # JSON, by kind: an address, a token, who is mailed. Null where its key is gone.
    secret = EncryptedTextField(null=True)
    # The same without what opens it: a host, the last letters.
    shown = models.CharField(max_length=400, blank=True)
    # Which issues: kinds and agents; empty is all.
    kinds = ArrayField(models.CharField(max_length=32), default=list)
    agents = ArrayField(models.UUIDField(), default=list)
    # False: no issues, only the events of the list below.
    sends_issues = models.BooleanField(default=True)
    # Of a webhook: `conversation.created` and others, with their content or ids alone.
    events = ArrayField(models.CharField(max_length=40), default=list)
    sends_content = models.BooleanField(default=False)
    # Of e-mail: on Mondays, what the week was like.
    sends_summary = models.BooleanField(default=False)
    # Of a webhook: the signing secret before this one, good until then.
    former_secret = EncryptedTextField(null=True)
    former_secret_until = models.DateTimeField(null=True)
    # Since it was last taken: how often in a row it was not.
    failures = models.PositiveIntegerField(default=0)
    taken_at = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)
    disabled_reason = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        db_index=False,
        related_name="+",
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[ChannelQuerySet] = ChannelQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (
            models.Index(fields=["organization", "id"], name="channel_in_organization"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
