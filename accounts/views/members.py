"""The page of members and pending invitations."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.access import organization_view
from accounts.actions import (
    AlreadyMember,
    Invited,
    InvitedAbove,
    LastOwner,
    change_role,
    invite,
    remove_member,
    revoke_invitation,
)
from accounts.forms import InviteForm, RoleForm
from accounts.http import OrganizationRequest
from accounts.models import Invitation, Membership, Role

INVITED_ABOVE = (
    "An owner invited this person as owner. Ask an owner to change that, or wait until "
    "the invitation has expired."
)


@require_safe
@organization_view()
def members(request: OrganizationRequest) -> HttpResponse:
    """Show the members, and to admins the pending invitations."""
    return _page(request, InviteForm(membership=request.membership))


@require_http_methods(["GET", "POST"])
@never_cache
@organization_view(Role.ADMIN)
def send_invitation(request: OrganizationRequest) -> HttpResponse:
    """Invite somebody, and answer with the link, which is shown once; hence no
    redirect.
    """
    if request.method == "GET":
        return redirect("accounts:members", slug=request.organization.slug)
    form = InviteForm(request.POST, membership=request.membership)
    if not form.is_valid():
        return _page(request, form)
    try:
        invited = invite(
            organization=request.organization, by=request.user, **form.cleaned_data
        )
    except AlreadyMember:
        form.add_error("email", "This person is a member already.")
        return _page(request, form)
    except InvitedAbove:
        form.add_error("email", INVITED_ABOVE)
        return _page(request, form)
    return _page(request, InviteForm(membership=request.membership), invited)


@require_POST
@organization_view(Role.ADMIN)
def revoke(request: OrganizationRequest, invitation_id: UUID) -> HttpResponse:
    """Revoke a pending invitation.

    Raises:
        PermissionDenied: it is to a role that this person may not give.
    """
    invitation = get_object_or_404(
        Invitation.objects.in_organization(request.organization), pk=invitation_id
    )
    if Role(invitation.role) not in request.membership.may_invite():
        raise PermissionDenied("Only an owner may revoke what an owner invited.")
    revoke_invitation(invitation=invitation, by=request.user)
    messages.success(request, f"Revoked the invitation of {invitation.email}.")
    return redirect("accounts:members", slug=request.organization.slug)


@require_POST
@organization_view(Role.OWNER)
def role(request: OrganizationRequest, membership_id: UUID) -> HttpResponse:
    """Give a member another role."""
    membership = _member(request, membership_id)
    form = RoleForm(request.POST)
    if form.is_valid():
        chosen = Role(form.cleaned_data["role"])
        try:
            change_role(membership=membership, role=chosen, by=request.user)
        except LastOwner:
            messages.error(request, LastOwner.detail)
        else:
            name = membership.user.display_name
            messages.success(request, f"{name} is now {chosen.label.lower()}.")
    return redirect("accounts:members", slug=request.organization.slug)


@require_http_methods(["GET", "POST"])
@organization_view()
def remove(request: OrganizationRequest, membership_id: UUID) -> HttpResponse:
    """Remove a member, as an owner; or leave, as anybody.

    Raises:
        PermissionDenied: it is another member, and the person is no owner.
    """
    membership = _member(request, membership_id)
    is_self = membership.pk == request.membership.pk
    if not is_self and not request.membership.covers(Role.OWNER):
        raise PermissionDenied("Only an owner may remove a member.")
    if request.method == "GET":
        context = {"member": membership, "is_self": is_self}
        return render(request, "accounts/members/remove.html", context)
    try:
        remove_member(membership=membership, by=request.user)
    except LastOwner:
        messages.error(request, LastOwner.detail)
        return redirect("accounts:members", slug=request.organization.slug)
    if is_self:
        return redirect("home")
    messages.success(request, f"Removed {membership.user.display_name}.")
    return redirect("accounts:members", slug=request.organization.slug)


def _member(request: OrganizationRequest, membership_id: UUID) -> Membership:
    of_organization = Membership.objects.in_organization(request.organization)
    return get_object_or_404(of_organization.listed(), pk=membership_id)


def _page(
    request: OrganizationRequest, form: InviteForm, invited: Invited | None = None
) -> HttpResponse:
    invitations = (
        Invitation.objects.in_organization(request.organization).not_accepted().listed()
        if request.membership.covers(Role.ADMIN)
        else Invitation.objects.none()
    )
    context = {
        "members": Membership.objects.in_organization(request.organization).listed(),
        "invitations": invitations,
        "roles": Role,
        "may_invite": request.membership.may_invite(),
        "form": form,
        "invited": invited,
        # Else the mail is a file on the server.
        "mails_leave": bool(settings.EMAIL_HOST),
    }
    return render(request, "accounts/members/list.html", context)
