"""What a person sees whose form or address is refused before a view has looked at it."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
)
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render

from accounts.links import page_before
from accounts.sign_in.forms_again import log_in_again, log_out_again
from integrations.problems import is_for_a_program, problem

OUT_OF_DATE = (
    "This form was out of date, so nothing was sent. Somebody logged in or out in this "
    "browser after it was opened. Send it again."
)
NO_COOKIE = (
    "This browser sent no cookie of ours, so nothing was taken. Let it keep cookies of "
    "this address, and send the form again."
)
FROM_ELSEWHERE = (
    "This form came from another address than {base_url}, so nothing was taken. Open "
    "Zelto there, and send it again."
)
# How Django begins its reasons; it has no other sign.
OTHER_ADDRESS = ("Origin checking failed", "Referer checking failed")
AGAIN = {"account_login": log_in_again, "account_logout": log_out_again}


def refuse_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token does not fit; Django's `CSRF_FAILURE_VIEW`.

    Signing in and out show their form again. Of other forms what was typed is not sent
    by itself: nobody can tell whether it was typed here.
    """
    sentence = _sentence(reason)
    if is_for_a_program(request):
        return problem(request, 403, sentence)
    if request.headers.get("HX-Request"):
        return _reload(request, sentence)
    match = request.resolver_match
    if again := AGAIN.get(match.view_name if match else ""):
        return again(request, sentence)
    context = {"sentence": sentence, "page": page_before(request)}
    return render(request, "403_form.html", context, status=403)


def _sentence(reason: str) -> str:
    if reason.startswith(OTHER_ADDRESS):
        return FROM_ELSEWHERE.format(base_url=settings.BASE_URL)
    return NO_COOKIE if reason == REASON_NO_CSRF_COOKIE else OUT_OF_DATE


def _reload(request: HttpRequest, sentence: str) -> HttpResponse:
    """Have htmx load the page anew, since it shows nothing of a refusal by itself."""
    messages.warning(request, sentence)
    response = HttpResponse(sentence, "text/plain; charset=utf-8", status=403)
    response["HX-Refresh"] = "true"
    return response


class MethodMiddleware:
    """Give 405 a page where it has none: somebody opened the address of a form, as after
    signing in once more, or sent a form to a page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_bare = isinstance(response, HttpResponseNotAllowed) and not response.content
        if not is_bare or is_for_a_program(request):
            return response
        context = {"page": page_before(request)}
        page = render(request, "405.html", context, status=405)
        page["Allow"] = response["Allow"]
        return page
