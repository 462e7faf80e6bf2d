"""API keys, of which only the digest is stored."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from accounts import keys
from accounts.identifiers import time_ordered_uuid
from accounts.models.organization import Organization
from accounts.names import validate_one_line
from web.database_clock import database_now


def is_usable() -> models.Q:
    """Return the condition of keys that are neither revoked nor expired."""
    return models.Q(revoked_at=None) & (
        models.Q(expires_at=None) | models.Q(expires_at__gt=Now())
    )


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def in_organization(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def usable(self) -> Self:
        return self.filter(is_usable())

    def listed(self) -> Self:
        """Order keys for their page: usable ones first, the newest first of each."""
        return (
            self.select_related("made_by", "revoked_by")
            .alias(opens=is_usable())
            .order_by("-opens", "-created_at", "-id")
        )

    def may_post(self) -> Self:
        return self.filter(scope__in=ApiKey.POSTING_SCOPES)

    def may_read(self) -> Self:
        return self.filter(scope__in=ApiKey.READING_SCOPES)


class ApiKey(models.Model):
    """A credential of an organization.

    The key itself is stored nowhere, only its digest.
    """

    class Scope(models.TextChoices):
        FULL = "full", "Full access"
        INGEST = "ingest", "Ingest only"
        READ = "read", "Read only"

    POSTING_SCOPES = frozenset({Scope.FULL, Scope.INGEST})
    READING_SCOPES = frozenset({Scope.FULL, Scope.READ})

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="api_keys"
    )
    name = models.CharField(max_length=255, validators=[validate_one_line])
    scope = models.CharField(max_length=16, choices=Scope.choices, default=Scope.FULL)
    digest = models.BinaryField(editable=False)
    prefix = models.CharField(max_length=keys.SHOWN_PREFIX_LENGTH, editable=False)
    last_four = models.CharField(max_length=keys.SHOWN_SUFFIX_LENGTH, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    form_token = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    objects: ClassVar[ApiKeyQuerySet] = ApiKeyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            # The one way in: every request looks its key up by this.
            models.UniqueConstraint(fields=["digest"], name="api_key_digest_once"),
            # A form that is sent twice mints one key.
            models.UniqueConstraint(
                fields=["organization", "form_token"], name="api_key_form_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.masked})"

    @property
    def masked(self) -> str:
        return f"{self.prefix}…{self.last_four}"

    def state(self, now: datetime | None = None) -> str:
        """Return `revoked`, `expired` or `active`.

        now: by the clock of the database, which the check of a key goes by; it is asked
            where a key has an end and this is left out.
        """
        if self.revoked_at:
            return "revoked"
        if self.expires_at and self.expires_at <= (now or database_now()):
            return "expired"
        return "active"
