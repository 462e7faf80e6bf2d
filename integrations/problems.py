"""RFC 9457 problems: the one shape of every error that a program gets from us."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from integrations.program_paths import is_program_path, normalized
from integrations.providers.faults import LISTED, Fault
from web.database_errors import is_held
from web.hosts.unknown_host import log_unknown_host
from web.request_id import request_id_of

CONTENT_TYPE = "application/problem+json"
# How long to wait where the database is away or a row is held, in seconds.
RETRY_AFTER = {"Retry-After": "5"}


UNKNOWN_AGENT = Fault("agentId", "is not an agent of this organization")


@dataclass(eq=False)  # not frozen: a traceback is set on what is raised
class Refusal(Exception):
    """Why a POST is not taken, as the problem that answers it.

    status: of HTTP. detail: one sentence to act on. errors: `{"path", "detail"}` of
    each field at fault. headers: (name, value) to answer with.
    """

    status: int
    detail: str
    errors: tuple[dict[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


def validation_refusal(faults: list[Fault]) -> Refusal:
    """Return the 422 of a body with these faults, of which it lists the first `LISTED`.

    faults: at least one.
    """
    count = len(faults)
    first = f"{faults[0].path} {faults[0].detail}"
    if count == 1:
        detail = f"{first}."
    elif count <= LISTED:
        detail = f"{first}, and {count - 1} more; all are in errors."
    else:
        detail = f"{count} faults; the first {LISTED} are in errors. {first}."
    return Refusal(422, detail, errors=tuple(map(as_json, faults[:LISTED])))


def as_json(fault: Fault) -> dict[str, str]:
    """Return a fault as the errors of a problem list it."""
    return {"path": fault.path, "detail": fault.detail}


def problem(
    request: HttpRequest,
    status: int,
    detail: str,
    *,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return an error as a problem in JSON.

    detail: one sentence that a person can act on.
    errors: `{"path", "detail"}` of each field at fault.
    """
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "requestId": request_id_of(request),
    }
    if errors:
        body["errors"] = list(errors)
    return JsonResponse(body, status=status, headers=headers, content_type=CONTENT_TYPE)


def is_for_a_program(request: HttpRequest) -> bool:
    """Return whether programs ask for this path: then no answer to it is HTML."""
    return is_program_path(normalized(request.path_info))


def _answer(
    request: HttpRequest,
    status: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    about_host: bool = False,
) -> HttpResponse:
    if is_for_a_program(request):
        return problem(request, status, detail, headers=headers)
    context = {
        "detail": detail,
        "is_held": is_held(sys.exc_info()[1]),
        "about_host": about_host,
    }
    page = render(request, f"{status}.html", context, status=status)
    for name, value in (headers or {}).items():
        page[name] = value
    return page


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400, as a problem or a page; Django's `handler400`."""
    if isinstance(exception, DisallowedHost) and (advice := log_unknown_host(request)):
        return _answer(request, 400, advice, about_host=True)
    return _answer(request, 400, "The request could not be understood.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403, as a problem or a page; Django's `handler403`."""
    return _answer(request, 403, str(exception) or "Your role does not cover this.")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404, as a problem or a page; Django's `handler404`."""
    return _answer(request, 404, "There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 where the database is away or a row is held; Django's
    `handler500`, called while it handles what was raised."""
    error = sys.exc_info()[1]
    if is_held(error):
        detail = "What this changes is being written just now. Try again in a moment."
        return _answer(request, 503, detail, headers=RETRY_AFTER)
    if isinstance(error, OperationalError | InterfaceError):
        detail = "The database does not answer just now. Try again in a moment."
        return _answer(request, 503, detail, headers=RETRY_AFTER)
    return _answer(
        request, 500, "Something went wrong on our side. The log has the request id."
    )
