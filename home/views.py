"""The page at `/org/<slug>/`: is all well?"""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import quote_etag
from django.views.decorators.http import require_GET

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from conversations.listing.columns import DEFAULT_COLUMNS, columns_of
from conversations.listing.rows import list_rows
from home.calls import LATENCIES_FROM, slow_calls
from home.first_steps import first_steps, has_begun
from home.links import linked
from home.overview import Overview, overview_of, worker_away_since
from web.snapshot import one_snapshot


@require_GET
@organization_view()
def home(request: OrganizationRequest) -> HttpResponse:
    """Answer the page; for the poll of `refresh.js` its parts alone, or 304 where they
    are as that reader has them.
    """
    if has_begun(request.organization):
        response = _overview(request)
    else:
        response = _first_steps(request)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _overview(request: OrganizationRequest) -> HttpResponse:
    now = timezone.now()
    with one_snapshot():
        overview = overview_of(request.membership, now)
        version = f"{overview.version}-{request.membership.role}"
        if _has_seen(request, version):
            return _not_modified(version)
        return _rendered(request, version, _overview_context(request, overview))


def _overview_context(
    request: OrganizationRequest, overview: Overview
) -> dict[str, Any]:
    columns = columns_of(DEFAULT_COLUMNS)
    return {
        "overview": overview,
        "answer": overview.answer,
        "linked": linked(overview.answer, request.organization, overview.sessions),
        "slow": slow_calls(request.organization, overview.since),
        "latencies_from": LATENCIES_FROM,
        "columns": columns,
        "rows": list_rows(overview.newest, columns),
        # Its own version: it is laid anew as a whole only when the first session is there.
        "content_version": "overview",
        "content": "home/_overview.html",
    }


def _first_steps(request: OrganizationRequest) -> HttpResponse:
    organization = request.organization
    steps = first_steps(organization)
    away = worker_away_since(timezone.now(), organization.zone)
    seen = f"{steps.version} {away} {request.membership.role}"
    version = hashlib.blake2b(seen.encode(), digest_size=8).hexdigest()
    if _has_seen(request, version):
        return _not_modified(version)
    context = {
        "steps": steps,
        "worker_is_away": bool(away),
        "content_version": version,
        "content": "home/_first_steps.html",
    }
    return _rendered(request, version, context)


def _has_seen(request: OrganizationRequest, version: str) -> bool:
    return bool(request.htmx) and (
        request.headers.get("If-None-Match") == quote_etag(version)
    )


def _not_modified(version: str) -> HttpResponse:
    return HttpResponseNotModified(headers={"ETag": quote_etag(version)})


def _rendered(
    request: OrganizationRequest, version: str, context: dict[str, Any]
) -> HttpResponse:
    template = "home/_parts.html" if request.htmx else "home/home.html"
    etag = quote_etag(version)
    response = render(request, template, context | {"etag": etag})
    if request.htmx:
        response["ETag"] = etag
    return response
