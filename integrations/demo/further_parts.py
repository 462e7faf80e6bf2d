"""What apps above this one add to a demo: they register a function when they are loaded."""

from __future__ import annotations

from collections.abc import Callable

from accounts.models import Organization, User

# May be called again at any time; what is there already stays.
Part = Callable[[Organization, User], None]
_parts: list[Part] = []


def provide_demo_part(part: Part) -> None:
    """Register a function that adds something; it is given the organization and an owner."""
    if part not in _parts:
        _parts.append(part)


def add_further_parts(organization: Organization, owner: User) -> None:
    """Add what was registered."""
    for part in _parts:
        part(organization, owner)
