"""What a browser kept is forgotten once somebody signed out in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase

HEADER = "Clear-Site-Data"
# What was loaded from this address and port: recordings, and pages that going back would
# show. Not "cookies": those are of all ports and subdomains of the host, so that it would
# sign people out elsewhere. Not "storage": the theme and the speed of playing stay.
FORGOTTEN = '"cache"'


@receiver(user_logged_out)
def _note_sign_out(request: HttpRequest, **_: Any) -> None:
    request.just_signed_out = True  # type: ignore[attr-defined]


class SigningOutMiddleware:
    """Tell the browser in which somebody has just signed out to forget what it kept.

    It does so at https and on its own machine; elsewhere pages are not kept anyway.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if getattr(request, "just_signed_out", False):
            response[HEADER] = FORGOTTEN
        return response
