"""The saved views above the list, and which of them is in force."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import QueryDict

from accounts.models import Membership
from conversations.listing.query import ListQuery, read_list_query
from conversations.models import SavedView

# More than these are in a menu; the one in force is always beside it.
VIEWS_IN_ROW = 5
# All that are shared, of however many people.
MAX_VIEWS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Listed:
    """query: of the address that opens it; it names the view, so that what is changed
    since can be told."""

    view: SavedView
    query: str
    is_own: bool
    is_in_force: bool
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Views:
    """in_row, further: those beside the list, and those in a menu."""

    in_row: list[Listed]
    further: list[Listed]
    in_force: Listed | None


def query_to_save(asked: ListQuery, columns: tuple[str, ...]) -> str:
    """With the columns that are shown, also where the address does not name them."""
    return replace(asked, columns=columns, view=None).query()


def read_query(query: str) -> ListQuery:
    """One that was saved, perhaps long ago: whatever it has, it is read as an address
    is."""
    return read_list_query(QueryDict(query.encode("utf-8", "ignore")))


def views_of(
    membership: Membership, asked: ListQuery, columns: tuple[str, ...]
) -> Views:
    """asked, columns: what is in force now."""
    views = list(SavedView.objects.seen_by(membership).listed()[:MAX_VIEWS_SHOWN])
    saved = {view.pk: read_query(view.query) for view in views}
    now = replace(asked, columns=columns)
    same = {view.pk for view in views if saved[view.pk].is_like(now)}
    # The one that was opened; else one that happens to be the same.
    opened = next((view.pk for view in views if view.pk == asked.view), None)
    in_force = opened or next((view.pk for view in views if view.pk in same), None)
    listed = [
        Listed(
            view,
            replace(saved[view.pk], view=view.pk).query(),
            is_own=view.is_of(membership),
            is_in_force=view.pk == in_force,
            is_changed=view.pk == in_force and view.pk not in same,
        )
        for view in views
    ]
    # One's own first.
    listed.sort(key=lambda one: not one.is_own)
    in_row = [
        one
        for number, one in enumerate(listed)
        if number < VIEWS_IN_ROW or one.is_in_force
    ]
    return Views(
        in_row,
        [one for one in listed if one not in in_row],
        next((one for one in listed if one.is_in_force), None),
    )
