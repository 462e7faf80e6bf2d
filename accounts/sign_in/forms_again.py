"""The forms of signing in and out, once more for whoever sent one that was out of date.

Signing in gives the forms of a browser another token. So one that was open in a second
tab is refused when it is sent, though nothing is wrong with it.
"""

from __future__ import annotations

from allauth.account import views as allauth_views
from allauth.account.utils import get_login_redirect_url
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from accounts.sign_in.forms import LoginForm

MAX_EMAIL_CHARACTERS = 254


def log_in(request: HttpRequest) -> HttpResponseBase:
    """Show the form of signing in, or take it.

    htmx, which is led here when it asks for a part of a page, loads all of the page anew:
    the form is no part of it.
    """
    response = allauth_views.login(request)
    if request.headers.get("HX-Request"):
        response["HX-Refresh"] = "true"
    return response


def log_in_again(request: HttpRequest, sentence: str) -> HttpResponse:
    """Lead whoever is signed in to where they wanted to go; show others the form anew,
    with the address that they typed, and the sentence.
    """
    if request.user.is_authenticated:
        return redirect(get_login_redirect_url(request))
    view = allauth_views.LoginView()
    view.setup(request)
    typed = request.POST.get("login", "")[:MAX_EMAIL_CHARACTERS]
    # Not bound: it would look whether the password is right.
    form = LoginForm(request=request, initial={"login": typed})
    messages.warning(request, sentence)
    context = view.get_context_data(form=form)
    return render(request, "account/login.html", context, status=403)


def log_out_again(request: HttpRequest, sentence: str) -> HttpResponse:
    """Ask whoever is signed in whether to log out; lead others to the start page."""
    if not request.user.is_authenticated:
        return redirect("home")
    view = allauth_views.LogoutView()
    view.setup(request)
    messages.warning(request, sentence)
    context = view.get_context_data()  # type: ignore[no-untyped-call]
    return render(request, "account/logout.html", context, status=403)
