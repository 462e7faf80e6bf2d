"""What every template is given about the reader and their organization."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts import first_owner
from accounts.models import Membership, Role


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
        .order_by("organization__name"),
    }
