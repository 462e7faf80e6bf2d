"""The part of a page's address that names an organization."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.text import slugify

from accounts.models import Organization

LENGTH = 63
FALLBACK = "team"
# Words that could become pages beside organizations, or pass for this project.
RESERVED = frozenset(
    {
        "account", "accounts", "admin", "api", "billing", "docs", "health", "help",
        "home", "invitation", "login", "logout", "mcp", "new", "org", "organization",
        "password", "settings", "signup", "static", "status", "support", "system",
        "v1", "webhooks", "welcome", "www", "zelto",
    }
)  # fmt: skip


def validate_slug_is_free_to_use(slug: str) -> None:
    """Refuse a slug that is reserved.

    Raises:
        ValidationError: the slug is one of `RESERVED`.
    """
    if slug in RESERVED:
        raise ValidationError(f"“{slug}” is reserved. Choose another address.")


def unused_slug(name: str) -> str:
    """Return a slug made from the name, with a number where that one is taken or
    reserved.
    """
    stem = slugify(name)[:LENGTH].strip("-_") or FALLBACK
    taken = set(
        Organization.objects.filter(slug__startswith=stem[: LENGTH - 8]).values_list(
            "slug", flat=True
        )
    )
    slug, number = stem, 1
    while slug in taken or slug in RESERVED:
        number += 1
        ending = f"-{number}"
        slug = stem[: LENGTH - len(ending)] + ending
    return slug
