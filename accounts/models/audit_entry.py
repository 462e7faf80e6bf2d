"""Entries of the audit log, and the actions that they record."""

from __future__ import annotations

from typing import ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.identifiers import time_ordered_uuid
from accounts.models.api_key import ApiKey
from accounts.models.organization import Organization


class AuditAction(models.TextChoices):
    """What is worth an entry. The sentences are in `accounts.audit_log.sentences`."""

    KEY_CREATED = "key.created", "API key created"
    KEY_RENAMED = "key.renamed", "API key renamed"
    KEY_ROLLED = "key.rolled", "API key rolled"
    KEY_EXPIRY_CHANGED = "key.expiry_changed", "API key expiry changed"
    KEY_REVOKED = "key.revoked", "API key revoked"
    MEMBER_INVITED = "member.invited", "Member invited"
    INVITATION_REVOKED = "invitation.revoked", "Invitation revoked"
    MEMBER_JOINED = "member.joined", "Member joined"
    MEMBER_ROLE_CHANGED = "member.role_changed", "Member's role changed"
    MEMBER_RENAMED = "member.renamed", "Member's name changed"
    MEMBER_EMAIL_CHANGED = "member.email_changed", "Member's e-mail changed"
    MEMBER_PASSWORD_SET = "member.password_set", "Member's password set by an operator"
    MEMBER_REMOVED = "member.removed", "Member removed"
    ORGANIZATION_CREATED = "organization.created", "Organization created"
    ORGANIZATION_CHANGED = "organization.changed", "Organization changed"
    AGENT_CHANGED = "agent.changed", "Agent changed"
    AGENT_RENAMED = "agent.renamed", "Agent renamed"
    AGENT_RETIRED = "agent.retired", "Agent retired"
    AGENT_RESTORED = "agent.restored", "Agent restored"
    AGENT_MERGED = "agent.merged", "Agent merged"
    AGENT_SEPARATED = "agent.separated", "Agent separated"
    VIEW_SHARED = "view.shared", "View shared"
    VIEW_UNSHARED = "view.unshared", "View no longer shared"
    VIEW_DELETED = "view.deleted", "Shared view deleted"
    CONVERSATION_ERASED = "conversation.erased", "Conversation erased"
    DATA_EXPORTED = "data.exported", "Data exported"
    BODY_OPENED = "body.opened", "Raw body opened"
    RECORDING_OPENED = "recording.opened", "Recording opened"
    RECORDING_STORE_SET = "recording_store.set", "Recording store set"
    RECORDING_STORE_REMOVED = "recording_store.removed", "Recording store removed"
    DELIVERY_REPLAYED = "delivery.replayed", "Delivery replayed"
    LIVEKIT_PROJECT_ADDED = "livekit_project.added", "LiveKit project added"
    LIVEKIT_PROJECT_CHANGED = "livekit_project.changed", "LiveKit project changed"
    LIVEKIT_PROJECT_REMOVED = "livekit_project.removed", "LiveKit project removed"
    LIVEKIT_SECRET_ENTERED = "livekit_secret.entered", "LiveKit API secret entered"
    LIVEKIT_SECRET_REMOVED = "livekit_secret.removed", "LiveKit API secret removed"
    ISSUE_ACKNOWLEDGED = "issue.acknowledged", "Alert acknowledged"
    ISSUE_SNOOZED = "issue.snoozed", "Alert snoozed"
    ISSUE_WOKEN = "issue.woken", "Alert's snooze ended"
    CHANNEL_ADDED = "channel.added", "Alert channel added"
    CHANNEL_CHANGED = "channel.changed", "Alert channel changed"
    CHANNEL_SECRET_ROTATED = "channel.secret_rotated", "Signing secret rotated"
    CHANNEL_TESTED = "channel.tested", "Alert channel tested"
    CHANNEL_ENABLED = "channel.enabled", "Alert channel enabled"
    CHANNEL_REMOVED = "channel.removed", "Alert channel removed"
    ALERT_RULE_CHANGED = "alert_rule.changed", "Alert rule changed"
    ALERT_RULE_REMOVED = "alert_rule.removed", "Alert rule removed"


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def in_organization(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def listed(self) -> Self:
        return self.select_related("by", "key").order_by("-id")

    def older_than(self, entry_id: UUID) -> Self:
        return self.filter(id__lt=entry_id)

    def newer_than(self, entry_id: UUID) -> Self:
        return self.filter(id__gt=entry_id)


class AuditEntry(models.Model):
    """Who did what, on what, when.

    Written by `accounts.audit.record` and never changed: a trigger refuses it, and lets
    an entry be deleted with its organization or by `accounts.audit_bounds` only.
    """

    # Of version 7, so in the order of their making: lists go by the id alone.
    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="audit_entries",
        db_index=False,
    )
    # A person, or a program with a key, or with neither Zelto itself.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
    )
    key = models.ForeignKey(
        ApiKey, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    # Their address or name at that time; outlives the account.
    actor = models.CharField(max_length=300)
    # No choices here: another action is no migration.
    action = models.CharField(max_length=40)
    subject = models.CharField(max_length=300)
    detail = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    # Of who opened what: an id of both, so that the next piece finds the entry of the
    # first. Null for what is no opening.
    opening = models.UUIDField(null=True, editable=False)

    objects: ClassVar[AuditEntryQuerySet] = AuditEntryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (
            # The audit log, and the same of one person, of one action.
            models.Index(fields=["organization", "id"], name="audit_newest"),
            models.Index(fields=["organization", "by", "id"], name="audit_by_person"),
            models.Index(
                fields=["organization", "action", "id"], name="audit_by_action"
            ),
            # Whether the same was opened lately, at every piece of a recording.
            models.Index(
                fields=["organization", "opening", "created_at"],
                name="audit_opening",
                condition=models.Q(opening__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
