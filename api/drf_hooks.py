"""What Django REST framework calls on the way to a view: who asks, whether the key
covers it, in which format, and what an exception is answered with.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, MethodNotAllowed
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from api.caller import Caller, find_caller
from integrations.problems import Refusal, problem

if TYPE_CHECKING:  # its module asks for ours
    from rest_framework.views import APIView

READING_METHODS = frozenset({"GET", "HEAD"})


class BearerKey(BaseAuthentication):
    """Authentication by an API key in the `Authorization` header."""

    def authenticate(self, request: Request) -> tuple[None, Caller]:
        return None, find_caller(plain(request))


class ScopeCoversIt(BasePermission):
    """The permission to read with a key that may read, and to change with one that may
    write.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        caller_of(request).require(writes=request.method not in READING_METHODS)
        return True


class OnlyJson(BaseContentNegotiation):
    """A negotiation that always answers JSON, whatever `Accept` says."""

    def select_parser(
        self, request: Request, parsers: Iterable[BaseParser]
    ) -> BaseParser:
        return next(iter(parsers))

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type or ""


def plain(request: Request) -> HttpRequest:
    """Return Django's own request."""
    inner: HttpRequest = request._request
    return inner


def caller_of(request: Request) -> Caller:
    """Return the program that sends the request, as `BearerKey` found it."""
    return cast(Caller, request.auth)


def answer_exception(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Return the answer to an exception as a problem of RFC 9457.

    None leaves it to Django, which answers 500, or 503 where the database is away.
    """
    request = plain(context["request"])
    if isinstance(error, Refusal):
        return refused(request, error)
    if isinstance(error, Http404):
        return problem(request, 404, str(error) or "There is nothing at this address.")
    if isinstance(error, MethodNotAllowed):
        return problem(request, 405, f"There is no {request.method} at this address.")
    if isinstance(error, APIException):
        return problem(request, error.status_code, str(error.detail))
    return None


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Return the answer to a refusal."""
    return problem(
        request,
        refusal.status,
        refusal.detail,
        errors=refusal.errors,
        headers=dict(refusal.headers),
    )
