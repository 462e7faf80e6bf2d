from __future__ import annotations

from accounts.models import Organization, User


def change_organization(
    *, organization: Organization, name: str, slug: str, time_zone: str, by: User
) -> None:
    organization.name = name
    organization.slug = slug
    organization.time_zone = time_zone
    organization.save(update_fields=["name", "slug", "time_zone"])
