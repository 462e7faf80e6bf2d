"""The answers that a download may give, whatever rows it is of."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.http import OrganizationRequest

RETRY_AFTER = "5"  # seconds


def file_name(request: OrganizationRequest, rows: str, ending: str) -> str:
    """Return the name of a file that is made now, by the organization's clock.

    rows: what it holds, such as `conversations`.
    """
    now = timezone.now().astimezone(request.organization.zone)
    return f"{rows}-{request.organization.slug}-{now:%Y-%m-%d-%H%M}.{ending}"


def attachment(
    content: Iterable[bytes], *, name: str, content_type: str
) -> StreamingHttpResponse:
    """Return a file as a browser stores it."""
    return StreamingHttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def busy(request: OrganizationRequest, **context: str) -> HttpResponse:
    """Return the page that says that too many files are being made."""
    response = render(request, "conversations/exports/busy.html", context, status=429)
    response["Retry-After"] = RETRY_AFTER
    return response
