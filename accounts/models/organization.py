from __future__ import annotations

import secrets
import zoneinfo
from typing import ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from accounts.identifiers import time_ordered_uuid
from accounts.models.user import User


class Role(models.TextChoices):
    MEMBER = "member", "Member"
    ADMIN = "admin", "Admin"
    OWNER = "owner", "Owner"

    @property
    def rank(self) -> int:
        return [Role.MEMBER, Role.ADMIN, Role.OWNER].index(self)

    def covers(self, needed: Role) -> bool:
        """Whether this role may do what `needed` may do."""
        return self.rank >= needed.rank


def validate_time_zone(value: str) -> None:
    if value not in zoneinfo.available_timezones():
        raise ValidationError(f"{value} is not a time zone; try Europe/Berlin or UTC.")


def new_secret() -> bytes:
    return secrets.token_bytes(32)


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(memberships__user=user)


class Organization(models.Model):
    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    name = models.CharField(max_length=255)
    slug = models.SlugField(max_length=63, unique=True)
    time_zone = models.CharField(
        max_length=64, default="UTC", validators=[validate_time_zone]
    )
    # Keys the HMACs that outlive an erased call (its charge, its tombstone), so that
    # a rotated SECRET_KEY charges nobody twice.
    subject_secret = models.BinaryField(default=new_secret, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[models.Manager[Organization]] = OrganizationQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class Membership(models.Model):
    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.MEMBER)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            # Two invitations accepted at once make one membership.
            models.UniqueConstraint(
                fields=["organization", "user"], name="membership_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} in {self.organization}"

    def covers(self, needed: Role) -> bool:
        return Role(self.role).covers(needed)


class Invitation(models.Model):
    """A link that makes whoever opens it a member; only its digest is kept."""

    id: models.UUIDField[UUID, UUID] = models.UUIDField(
        primary_key=True, default=time_ordered_uuid, editable=False
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="invitations"
    )
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.MEMBER)
    token_digest = models.BinaryField(unique=True, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.email} to {self.organization}"
