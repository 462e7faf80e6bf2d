"""Writes of saved views and chosen columns, as verbs with their actor."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.audit import record
from accounts.models import AuditAction, Membership, User
from conversations.models import ColumnChoice, SavedView
from conversations.models.saved_view import MAX_VIEWS_OF_A_PERSON


class NameTaken(Exception):
    """A person's views have different names, whatever their case."""


class TooManyViews(Exception):
    """Of one person."""


@transaction.atomic
def save_view(
    *, membership: Membership, name: str, query: str, shared: bool, by: User
) -> SavedView:
    """Save a query under a name.

    Raises:
        NameTaken: this person has a view of this name.
        TooManyViews: this person has as many as may be.
    """
    # Of two that are saved at once, the second one sees the place of the first.
    Membership.objects.select_for_update(no_key=True).get(pk=membership.pk)
    own = SavedView.objects.filter(membership=membership)
    taken = set(own.values_list("place", flat=True))
    free = set(range(1, MAX_VIEWS_OF_A_PERSON + 1)) - taken
    if not free:
        raise TooManyViews
    view = SavedView(
        organization=membership.organization,
        membership=membership,
        place=min(free),
        name=name,
        query=query,
    )
    _write(view)
    if shared:
        share_view(view=view, by=by)
    return view


@transaction.atomic
def rename_view(*, view: SavedView, name: str, by: User) -> None:
    """Give a view another name.

    Raises:
        NameTaken: this person has a view of this name.
    """
    view.name = name
    _write(view, "name")


@transaction.atomic
def update_view(*, view: SavedView, query: str, by: User) -> None:
    view.query = query
    _write(view, "query")


@transaction.atomic
def share_view(*, view: SavedView, by: User) -> None:
    if _set_shared(view, True):
        _note(AuditAction.VIEW_SHARED, view, by)


@transaction.atomic
def unshare_view(*, view: SavedView, by: User) -> None:
    """Leaves it to its owner; one that nobody owns any more goes."""
    if view.membership_id is None:
        delete_view(view=view, by=by)
    elif _set_shared(view, False):
        _note(AuditAction.VIEW_UNSHARED, view, by)


@transaction.atomic
def delete_view(*, view: SavedView, by: User) -> None:
    deleted, _ = SavedView.objects.filter(pk=view.pk).delete()
    if deleted and view.is_shared:
        _note(AuditAction.VIEW_DELETED, view, by)


def choose_columns(*, membership: Membership, columns: str, by: User) -> None:
    """For whenever an address names none."""
    ColumnChoice.objects.update_or_create(
        membership=membership, defaults={"columns": columns}
    )


def forget_columns(*, membership: Membership, by: User) -> None:
    ColumnChoice.objects.filter(membership=membership).delete()


def _write(view: SavedView, *fields: str) -> None:
    view.updated_at = timezone.now()
    try:
        # A savepoint: the transaction goes on after a refusal.
        with transaction.atomic():
            if fields:
                SavedView.objects.filter(pk=view.pk).update(
                    **{field: getattr(view, field) for field in fields},
                    updated_at=view.updated_at,
                )
            else:
                view.save(force_insert=True)
    except IntegrityError as error:
        if "saved_view_name_once" not in str(error):
            raise
        raise NameTaken from error


def _set_shared(view: SavedView, is_shared: bool) -> bool:
    """Share or unshare a view; return False where it was so already, or is gone."""
    others = SavedView.objects.filter(pk=view.pk, is_shared=not is_shared)
    view.is_shared = is_shared
    return bool(others.update(is_shared=is_shared, updated_at=timezone.now()))


def _note(action: AuditAction, view: SavedView, by: User) -> None:
    owner = view.membership.user if view.membership else None
    detail = {} if owner == by else {"owner": view.owner_name}
    record(
        organization=view.organization,
        by=by,
        action=action,
        subject=view.name,
        detail=detail,
    )
