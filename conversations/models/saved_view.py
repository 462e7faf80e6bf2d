"""Saved views of the list of conversations, and the columns that people chose."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.identifiers import time_ordered_uuid
from accounts.models import Membership, Organization, Role
from accounts.names import validate_one_line

MAX_VIEWS_OF_A_PERSON = 30


def go_or_stay(collector: Any, field: Any, views: Any, using: str) -> None:
    """Delete the private views of somebody who leaves, and keep shared ones, which
    others use.
    """
    models.CASCADE(collector, field, views.filter(is_shared=False), using)
    models.SET_NULL(collector, field, views.filter(is_shared=True), using)


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def in_organization(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def seen_by(self, membership: Membership) -> Self:
        """Keep a person's own, and what others of the organization share."""
        return self.filter(organization=membership.organization_id).filter(
            models.Q(membership=membership) | models.Q(is_shared=True)
        )

    def listed(self) -> Self:
        return self.select_related("membership__user").order_by(Lower("name"), "id")


class SavedView(models.Model):
    """Filters and columns of the list under a name, of one person."""

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="saved_views"
    )
    # Whose it is; of a shared one of somebody who left, nobody's.
    membership = models.ForeignKey(
        Membership, on_delete=go_or_stay, null=True, related_name="saved_views"
    )
    # From 1: among a person's own.
    place = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60, validators=[validate_one_line])
    # The query of the list's address, which is read again each time.
    query = models.TextField()
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[SavedViewQuerySet] = SavedViewQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            # A form sent twice saves one view.
            models.UniqueConstraint(
                "membership", Lower("name"), name="saved_view_name_once"
            ),
            # Two saved at once do not exceed the bound.
            models.UniqueConstraint(
                fields=["membership", "place"], name="saved_view_place_once"
            ),
            models.CheckConstraint(
                condition=models.Q(place__gte=1, place__lte=MAX_VIEWS_OF_A_PERSON),
                name="saved_view_bounded",
            ),
            models.CheckConstraint(
                condition=models.Q(membership__isnull=False) | models.Q(is_shared=True),
                name="saved_view_is_somebodys_or_shared",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def is_of(self, membership: Membership) -> bool:
        return self.membership_id == membership.pk

    def may_be_removed_by(self, membership: Membership) -> bool:
        return self.is_of(membership) or membership.covers(Role.ADMIN)

    @property
    def owner_name(self) -> str:
        owner = self.membership
        return owner.user.display_name if owner else "somebody who left"


class ColumnChoice(models.Model):
    """The columns that a person last chose: for where an address names none."""

    membership = models.OneToOneField(
        Membership,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="column_choice",
    )
    # As the list's address has them.
    columns = models.TextField()

    def __str__(self) -> str:
        return self.columns
