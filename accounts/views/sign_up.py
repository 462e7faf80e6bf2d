"""Signing up together with a new organization."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import first_owner
from accounts.actions import (
    EmailTaken,
    NotOpen,
    sign_up_first_owner,
    sign_up_openly,
)
from accounts.forms import SignUpForm
from accounts.models import Organization, User
from accounts.sign_in.rate_limits import limit_sign_up

SignUp = Callable[..., tuple[User, Organization]]


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
@limit_sign_up
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """Let the first owner take over an empty instance."""
    if first_owner.has_owner():
        return render(request, "accounts/sign_in/welcome_used.html", status=410)
    if not first_owner.is_token(token):
        return render(request, "accounts/sign_in/welcome_wrong.html", status=404)
    return _sign_up(request, sign_up_first_owner, "accounts/sign_in/welcome.html")


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
@limit_sign_up
def sign_up(request: HttpRequest) -> HttpResponse:
    """Let anybody sign up with an organization of their own, where that is open."""
    if request.user.is_authenticated:
        return redirect("home")
    if not settings.OPEN_SIGNUP:
        return render(request, "accounts/sign_in/sign_up_closed.html", status=403)
    return _sign_up(request, sign_up_openly, "accounts/sign_in/sign_up.html")


def _sign_up(request: HttpRequest, act: SignUp, template: str) -> HttpResponse:
    form = SignUpForm(request.POST or None)
    if form.is_valid():
        try:
            user, organization = act(**form.cleaned_data)
        except EmailTaken:
            form.add_error("email", "There is an account with this e-mail. Log in.")
        except NotOpen:
            return render(request, "accounts/sign_in/welcome_used.html", status=410)
        else:
            login(request, user)
            return redirect("integrations:livekit", slug=organization.slug)
    return render(request, template, {"form": form})
