"""Organizations, their members and the roles of those."""

from __future__ import annotations

import secrets
import zoneinfo
from typing import ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from accounts.identifiers import time_ordered_uuid
from accounts.names import validate_one_line


class Role(models.TextChoices):
    """What a member may do; each role covers those before it."""

    MEMBER = "member", "Member"
    ADMIN = "admin", "Admin"
    OWNER = "owner", "Owner"

    @property
    def rank(self) -> int:
        return [Role.MEMBER, Role.ADMIN, Role.OWNER].index(self)

    def covers(self, needed: Role) -> bool:
        """Tell whether this role may do what `needed` may do."""
        return self.rank >= needed.rank

    def may_invite(self) -> list[Role]:
        """Return the roles that this one may invite others to: none above itself."""
        if not self.covers(Role.ADMIN):
            return []
        return [role for role in Role if self.covers(role)]


def validate_time_zone(value: str) -> None:
    """Refuse a time zone that this machine does not know.

    Raises:
        ValidationError: it is no key of the IANA database here.
    """
    if value not in zoneinfo.available_timezones():
        raise ValidationError(f"{value} is not a time zone; try Europe/Berlin or UTC.")


def new_secret() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(32)


class Organization(models.Model):
    """Whose agents, conversations and keys these are: every query starts from one."""

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    name = models.CharField(max_length=255, validators=[validate_one_line])
    slug = models.SlugField(
        max_length=63,
        unique=True,
        error_messages={"unique": "Another organization has this address."},
    )
    time_zone = models.CharField(
        max_length=64, default="UTC", validators=[validate_time_zone]
    )
    # Keys the HMACs that outlive an erased call (its charge, its tombstone), so that
    # a rotated SECRET_KEY charges nobody twice.
    subject_secret = models.BinaryField(default=new_secret, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def in_organization(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def owners(self) -> Self:
        return self.filter(role=Role.OWNER)

    def listed(self) -> Self:
        return self.select_related("user").order_by("user__email")


class Membership(models.Model):
    """A user in an organization, with one role."""

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.MEMBER)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[MembershipQuerySet] = MembershipQuerySet.as_manager()  # type: ignore[assignment]

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

    def may_invite(self) -> list[Role]:
        return Role(self.role).may_invite()
