"""What is watched, in sentences: for a page on which nothing is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.models import Membership, Organization, Role

WATCHED = (
    (
        "Silent agents",
        "Zelto learns each agent's week and notices a gap that is too long.",
    ),
    (
        "Refused sessions",
        "A worker posts, and is turned away: which key or field, and why.",
    ),
    ("Missing sessions", "LiveKit told of a session that has not arrived."),
    ("Deliveries", "One failed, or waits for long."),
    ("Keys", "One expires within 14 days, or is no longer used."),
    ("Recordings", "They cannot be had where they are said to lie."),
)
OF_ZELTO = ("Zelto itself", "Its disk, its queue and its workers.")


def watched_by(membership: Membership) -> Sequence[tuple[str, str]]:
    """Return what a member's organization is told of, each with a sentence."""
    return (*WATCHED, OF_ZELTO) if is_told_of_the_instance(membership) else WATCHED


def is_told_of_the_instance(membership: Membership) -> bool:
    """Tell whether a member is told of issues of Zelto itself: owners of the organization
    that was made first.
    """
    return membership.covers(Role.OWNER) and _is_first(membership.organization)


def _is_first(organization: Organization) -> bool:
    first = Organization.objects.order_by("created_at", "pk").values_list(
        "pk", flat=True
    )
    return first.first() == organization.pk
