"""A signed cookie of the browsers in which somebody signed in before.

Whoever guesses at an account from many addresses holds it for all but these: failures
count apart for each of them. It opens nothing by itself, and another password voids it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.core import signing
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User

COOKIE: str = settings.COOKIE_NAMES["known_browser"]
SALT = "accounts.sign_in.known_browser"
MAX_AGE_SECONDS = 365 * 24 * 3600
# The people of one browser, the latest of them.
MAX_ACCOUNTS = 5
MARK_LENGTH = 20

# By the id of a user: the id of this sign-in, and a mark of the password it was with.
Accounts = dict[str, tuple[str, str]]


def sign_in_before(request: HttpRequest, email: str) -> str | None:
    """Return the id of an earlier sign-in to this account in this browser, or None."""
    accounts = _accounts_of(request)
    if not accounts:
        return None
    user = User.objects.filter(email=email, pk__in=accounts).first()
    if user is None:
        return None
    sign_in, mark = accounts[str(user.pk)]
    return sign_in if constant_time_compare(mark, _mark(user, sign_in)) else None


def _accounts_of(request: HttpRequest) -> Accounts:
    try:
        accounts: Accounts = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=MAX_AGE_SECONDS
        )
    except signing.BadSignature:
        return {}
    return accounts


def _mark(user: User, sign_in: str) -> str:
    text = f"{sign_in} {user.pk} {user.password}"
    return salted_hmac(SALT, text, algorithm="sha256").hexdigest()[:MARK_LENGTH]


@receiver(user_logged_in)
def _note_sign_in(request: HttpRequest, user: User, **_: Any) -> None:
    request.just_signed_in = user  # type: ignore[attr-defined]


class KnownBrowserMiddleware:
    """Give the cookie to a browser in which somebody has just signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        user = getattr(request, "just_signed_in", None)
        if isinstance(user, User):
            _set_cookie(request, response, user)
        return response


def _set_cookie(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    accounts, sign_in = _accounts_of(request), secrets.token_urlsafe(12)
    accounts.pop(str(user.pk), None)
    accounts[str(user.pk)] = sign_in, _mark(user, sign_in)
    latest = dict(list(accounts.items())[-MAX_ACCOUNTS:])
    response.set_cookie(
        COOKIE,
        signing.dumps(latest, salt=SALT),
        max_age=MAX_AGE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
