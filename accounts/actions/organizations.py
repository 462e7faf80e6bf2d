"""Changing an organization."""

from __future__ import annotations

from django.db import transaction

from accounts.audit import record
from accounts.models import AuditAction, Organization, User


@transaction.atomic
def change_organization(
    *, organization: Organization, name: str, slug: str, time_zone: str, by: User
) -> None:
    """Store the name, slug and time zone of an organization, and record those that
    changed.
    """
    new = {"name": name, "slug": slug, "time_zone": time_zone}
    before = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    changed = {
        field: [getattr(before, field), value]
        for field, value in new.items()
        if getattr(before, field) != value
    }
    organization.name = name
    organization.slug = slug
    organization.time_zone = time_zone
    if not changed:
        return
    organization.save(update_fields=["name", "slug", "time_zone"])
    record(
        organization=organization,
        by=by,
        action=AuditAction.ORGANIZATION_CHANGED,
        subject=name,
        detail={"changed": changed},
    )
