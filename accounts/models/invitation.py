"""Invitations, of which only the digest of the link's token is stored."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils import timezone

from accounts.identifiers import time_ordered_uuid
from accounts.models.organization import Membership, Organization, Role
from accounts.models.user import User
from web.database_clock import database_now


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def in_organization(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def not_accepted(self) -> Self:
        return self.filter(accepted_at=None)

    def listed(self) -> Self:
        """Order invitations for their page, each with `is_expired`."""
        is_expired = models.ExpressionWrapper(
            models.Q(expires_at__lte=Now()), output_field=models.BooleanField()
        )
        return (
            self.select_related("invited_by", "mail")
            .defer("mail__sealed")
            .annotate(is_expired=is_expired)
            .order_by("-created_at", "-id")
        )

    def with_token(self, token: str) -> Invitation | None:
        """Return the invitation that has this token, or None."""
        return (
            self.select_related("organization", "invited_by")
            .filter(token_digest=Invitation.digest(token))
            .first()
        )


class Invitation(models.Model):
    """A link that makes whoever opens it a member; only the digest of its token is
    stored.
    """

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="invitations"
    )
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.MEMBER)
    token_digest = models.BinaryField(unique=True, editable=False)
    form_token = models.UUIDField(null=True, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    LIFETIME: ClassVar[timedelta] = timedelta(days=7)

    objects: ClassVar[InvitationQuerySet] = InvitationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            # Inviting somebody again replaces the link, also from two windows at once.
            models.UniqueConstraint(
                "organization",
                Lower("email"),
                condition=models.Q(accepted_at=None),
                name="invitation_pending_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.email} to {self.organization}"

    @staticmethod
    def digest(token: str) -> bytes:
        """Return the SHA-256 of a token, 32 bytes."""
        return hashlib.sha256(token.encode("utf-8", "replace")).digest()

    def is_for(self, user: User) -> bool:
        """Tell whether this is the person whose address was invited."""
        return self.email == user.email

    def raises(self, membership: Membership) -> bool:
        """Tell whether its role covers more than that of a member."""
        return Role(self.role).rank > Role(membership.role).rank

    def state(self, now: datetime | None = None) -> str:
        """Return `accepted`, `expired` or `pending`.

        now: by the clock of the database, which is asked where this is left out.
        """
        if self.accepted_at:
            return "accepted"
        if self.expires_at <= (now or database_now()):
            return "expired"
        return "pending"
