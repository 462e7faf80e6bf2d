"""What every template is given about the reader and their organization."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.models.expressions import Combinable
from django.http import HttpRequest

from accounts import first_owner
from accounts.models import Membership, Role

# What apps above this one count of each organization for its frame.
_counts: dict[str, Callable[[], Combinable]] = {}


def provide_count(name: str, expression: Callable[[], Combinable]) -> None:
    """Register a number that the query of one's memberships has for each of them, so that
    the frame of a page shows it without a query of its own.

    expression: called for each page; what it returns may refer to columns of memberships.
    """
    _counts[name] = expression


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Return what the frame of every page needs: the organization, one's role, the
    others.
    """
    membership: Membership | None = getattr(request, "membership", None)
    if membership is None:
        return {
            "open_signup": settings.OPEN_SIGNUP,
            # Queried only where a page shows it.
            "is_unclaimed": lambda: not first_owner.has_owner(),
        }
    return {
        "organization": membership.organization,
        "membership": membership,
        "is_admin": membership.covers(Role.ADMIN),
        "is_owner": membership.covers(Role.OWNER),
        "memberships": Membership.objects.select_related("organization")
        .filter(user_id=membership.user_id)
        .annotate(**{name: count() for name, count in _counts.items()})
        .order_by("organization__name"),
    }
