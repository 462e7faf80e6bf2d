"""The pages behind the link of an invitation."""

from __future__ import annotations

from typing import cast

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import login_required
from accounts.actions import (
    EmailTaken,
    InvitationOfAnother,
    InvitationVoid,
    accept_invitation,
    sign_up_invited,
)
from accounts.forms import InvitedForm
from accounts.models import Invitation, Membership, User
from accounts.sign_in.rate_limits import limit_sign_up


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
@limit_sign_up
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation: with a sign-up to those signed out, with a question to
    others.
    """
    found = Invitation.objects.with_token(token)
    if found is None:
        return _void(request, found)
    if request.user.is_authenticated:
        return _confirm(request, found, token)
    if found.state() != "pending":
        return _void(request, found)
    return _sign_up(request, found)


@login_required
@require_POST
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Make the signed-in person a member."""
    found = Invitation.objects.with_token(token)
    if found is None:
        return _void(request, found)
    try:
        accept_invitation(invitation=found, by=cast(User, request.user))
    except InvitationVoid:
        return _void(request, found)
    except InvitationOfAnother:
        return _of_another(request, found, token, status=403)
    return redirect("home:home", slug=found.organization.slug)


def _confirm(request: HttpRequest, found: Invitation, token: str) -> HttpResponse:
    user = cast(User, request.user)
    is_usable = found.state() == "pending" and found.is_for(user)
    membership = Membership.objects.filter(
        organization=found.organization, user=user
    ).first()
    if membership and not (is_usable and found.raises(membership)):
        return redirect("home:home", slug=found.organization.slug)
    if found.state() != "pending":
        return _void(request, found)
    if not is_usable:
        return _of_another(request, found, token)
    return render(request, "accounts/invitations/accept.html", {"invitation": found})


def _of_another(
    request: HttpRequest, found: Invitation, token: str, *, status: int = 200
) -> HttpResponse:
    path = reverse("accounts:invitation", kwargs={"token": token})
    context = {"invitation": found, "path": path}
    return render(
        request, "accounts/invitations/other_account.html", context, status=status
    )


def _sign_up(request: HttpRequest, found: Invitation) -> HttpResponse:
    form = InvitedForm(request.POST or None, email=found.email)
    has_account = User.objects.filter(email=found.email).exists()
    if form.is_valid() and not has_account:
        try:
            user = sign_up_invited(invitation=found, **form.cleaned_data)
        except EmailTaken:
            has_account = True
        except InvitationVoid:
            return _void(request, found)
        else:
            login(request, user)
            return redirect("home:home", slug=found.organization.slug)
    return render(
        request,
        "accounts/invitations/detail.html",
        {"invitation": found, "form": form, "has_account": has_account},
    )


def _void(request: HttpRequest, found: Invitation | None) -> HttpResponse:
    return render(
        request,
        "accounts/invitations/void.html",
        {"state": found.state() if found else "unknown"},
        status=410 if found else 404,
    )
