"""Who signed in before Zelto's cookies had names of their own stays signed in."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponseBase

# Django's name, which every other Django program on the host has too.
EARLIER = "sessionid"
# As Django makes them; what else another program keeps there is asked nobody.
KEY = re.compile(r"[a-z0-9]{32}")


class EarlierSessionMiddleware:
    """Give a session that came by the earlier name the present one, once.

    What another program keeps by that name is no session of ours, and stays as it is.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = request.COOKIES.get(EARLIER, "")
        name = settings.SESSION_COOKIE_NAME
        if name in request.COOKIES or not _is_ours(key):
            return self.get_response(request)
        request.COOKIES[name] = key
        response = self.get_response(request)
        # Signing in or out within this request has set it already.
        if name not in response.cookies:
            _set_session(response, key)
        response.delete_cookie(EARLIER)
        return response


def _is_ours(key: str) -> bool:
    return KEY.fullmatch(key) is not None and SessionStore().exists(key)


def _set_session(response: HttpResponseBase, key: str) -> None:
    response.set_cookie(
        settings.SESSION_COOKIE_NAME,
        key,
        max_age=settings.SESSION_COOKIE_AGE,
        path=settings.SESSION_COOKIE_PATH,
        domain=settings.SESSION_COOKIE_DOMAIN,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=settings.SESSION_COOKIE_HTTPONLY,
        samesite=settings.SESSION_COOKIE_SAMESITE,
    )
