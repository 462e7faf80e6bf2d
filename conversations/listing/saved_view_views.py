"""What people do to their saved views and columns: a form for each."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from conversations.listing import saved_view_actions as actions
from conversations.listing.columns import (
    METADATA,
    escaped,
    read_columns,
    remembered_columns,
    write_columns,
)
from conversations.listing.forms import ViewNameForm
from conversations.listing.query import ListQuery
from conversations.listing.saved_views import query_to_save, read_query
from conversations.models import SavedView
from conversations.models.saved_view import MAX_VIEWS_OF_A_PERSON

NAME_TAKEN = "You have a view of this name. Choose another one, or update that view."


@require_POST
@organization_view()
def choose_columns(request: OrganizationRequest) -> HttpResponse:
    asked = query_of_form(request)
    membership = request.membership
    if "usual" in request.POST:
        actions.forget_columns(membership=membership, by=request.user)
        return to_list(request, replace(asked, columns=None))
    tokens = request.POST.getlist("columns")
    if another := request.POST.get("another", "").strip():
        tokens.append(escaped(METADATA + another))
    faults: list[str] = []
    columns = read_columns(",".join(tokens), faults) or ()
    for fault in faults:
        messages.warning(request, fault)
    actions.choose_columns(
        membership=membership, columns=write_columns(columns), by=request.user
    )
    return to_list(request, replace(asked, columns=columns))


@require_POST
@organization_view()
def save(request: OrganizationRequest) -> HttpResponse:
    asked = query_of_form(request)
    form = ViewNameForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.first_fault())
        return to_list(request, asked)
    try:
        view = actions.save_view(
            membership=request.membership,
            name=form.cleaned_data["name"],
            query=saved_query(request, asked),
            shared=form.cleaned_data["shared"],
            by=request.user,
        )
    except actions.NameTaken:
        messages.error(request, NAME_TAKEN)
    except actions.TooManyViews:
        messages.error(
            request,
            f"You have {MAX_VIEWS_OF_A_PERSON} views, and no more fit. Delete one first.",
        )
    else:
        asked = replace(read_query(view.query), view=view.pk)
    return to_list(request, asked)


@require_POST
@organization_view()
def rename(request: OrganizationRequest, view_id: UUID) -> HttpResponse:
    view = own_view(request, view_id)
    form = ViewNameForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.first_fault())
        return to_list(request, query_of_form(request))
    try:
        actions.rename_view(view=view, name=form.cleaned_data["name"], by=request.user)
    except actions.NameTaken:
        messages.error(request, NAME_TAKEN)
    return to_list(request, query_of_form(request))


@require_POST
@organization_view()
def update(request: OrganizationRequest, view_id: UUID) -> HttpResponse:
    """To the filters and columns in force now."""
    view = own_view(request, view_id)
    query = saved_query(request, query_of_form(request))
    actions.update_view(view=view, query=query, by=request.user)
    messages.success(request, f"Updated the view {view.name}.")
    return to_list(request, replace(read_query(query), view=view.pk))


@require_POST
@organization_view()
def share(request: OrganizationRequest, view_id: UUID) -> HttpResponse:
    view = own_view(request, view_id)
    actions.share_view(view=view, by=request.user)
    messages.success(
        request, f"Everybody in {request.organization.name} sees the view {view.name}."
    )
    return to_list(request, query_of_form(request))


@require_POST
@organization_view()
def unshare(request: OrganizationRequest, view_id: UUID) -> HttpResponse:
    view = removable_view(request, view_id)
    actions.unshare_view(view=view, by=request.user)
    messages.success(request, f"The view {view.name} is no longer shared.")
    return to_list(request, query_of_form(request))


@require_POST
@organization_view()
def delete(request: OrganizationRequest, view_id: UUID) -> HttpResponse:
    """Its filters stay in force, under no name."""
    view = removable_view(request, view_id)
    actions.delete_view(view=view, by=request.user)
    messages.success(request, f"Deleted the view {view.name}.")
    return to_list(request, replace(query_of_form(request), view=None))


def seen_view(request: OrganizationRequest, view_id: UUID) -> SavedView:
    seen = SavedView.objects.seen_by(request.membership)
    return get_object_or_404(
        seen.select_related("organization", "membership__user"), pk=view_id
    )


def own_view(request: OrganizationRequest, view_id: UUID) -> SavedView:
    view = seen_view(request, view_id)
    if not view.is_of(request.membership):
        raise PermissionDenied("Only the one whose view it is may change it.")
    return view


def removable_view(request: OrganizationRequest, view_id: UUID) -> SavedView:
    view = seen_view(request, view_id)
    if not view.may_be_removed_by(request.membership):
        raise PermissionDenied("Only an admin or the one whose view it is may do this.")
    return view


def query_of_form(request: OrganizationRequest) -> ListQuery:
    """Return what was in force on the page of the form."""
    return read_query(request.POST.get("query", ""))


def saved_query(request: OrganizationRequest, asked: ListQuery) -> str:
    columns = asked.columns
    if columns is None:
        columns = remembered_columns(request.membership)
    return query_to_save(asked, columns)


def to_list(request: OrganizationRequest, asked: ListQuery) -> HttpResponse:
    url = reverse("conversations:list", args=[request.organization.slug])
    query = asked.query()
    return redirect(f"{url}?{query}" if query else url)
