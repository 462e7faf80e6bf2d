"""The page of one's own name and e-mail address."""

from __future__ import annotations

from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import signed_in_view
from accounts.actions import EmailTaken, change_own_email, change_own_name
from accounts.http import SignedInRequest
from accounts.mail import mail_email_changed
from accounts.models import Membership
from accounts.profile_forms import OwnEmailForm, OwnNameForm


@require_safe
@never_cache
@signed_in_view
def profile(request: SignedInRequest) -> HttpResponse:
    """Show one's own name, e-mail address and organizations."""
    return _page(request)


@require_http_methods(["GET", "POST"])
@never_cache
@signed_in_view
def name(request: SignedInRequest) -> HttpResponse:
    """Change one's own name."""
    if request.method == "GET":
        return redirect("accounts:profile")
    form = OwnNameForm(request.POST)
    if not form.is_valid():
        return _page(request, name_form=form)
    change_own_name(by=request.user, name=form.cleaned_data["name"])
    messages.success(request, "Saved.")
    return redirect("accounts:profile")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@never_cache
@signed_in_view
def email(request: SignedInRequest) -> HttpResponse:
    """Change one's own e-mail address, for which the password is needed; mail the old
    one.
    """
    if request.method == "GET":
        return redirect("accounts:profile")
    refusal = ratelimit.consume_or_429(
        request, action="reauthenticate", user=request.user
    )
    if refusal:
        return refusal
    form = OwnEmailForm(request.POST, user=request.user)
    if not form.is_valid():
        return _page(request, email_form=form)
    try:
        before = change_own_email(by=request.user, email=form.cleaned_data["email"])
    except EmailTaken:
        form.add_error("email", "There is an account with this e-mail address.")
        return _page(request, email_form=form)
    if before != request.user.email:
        outcome = mail_email_changed(request.user, before=before)
        messages.success(request, f"From now on you log in as {request.user.email}.")
        if not outcome.is_sent:
            again = " It is kept and tried again." if outcome.is_kept else ""
            messages.warning(
                request, f"The mail about it to {before} could not be sent.{again}"
            )
    return redirect("accounts:profile")


def _page(
    request: SignedInRequest,
    *,
    name_form: OwnNameForm | None = None,
    email_form: OwnEmailForm | None = None,
) -> HttpResponse:
    user = request.user
    context = {
        "name_form": name_form or OwnNameForm(initial={"name": user.name}),
        "email_form": email_form
        or OwnEmailForm(initial={"email": user.email}, user=user),
        "own_memberships": Membership.objects.filter(user=user)
        .select_related("organization")
        .order_by("organization__name"),
    }
    return render(request, "accounts/profile.html", context)
