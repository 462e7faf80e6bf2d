"""Parts of a page that are loaded beside it."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from accounts.http import OrganizationRequest


def render_panel(
    request: OrganizationRequest, folder: str, name: str, context: Mapping[str, object]
) -> HttpResponse:
    """Return the fragment for htmx, and the same inside a page for everybody else."""
    template = f"{folder}/{'_' if request.htmx else ''}{name}"
    response = render(request, template, dict(context))
    patch_vary_headers(response, ["HX-Request"])
    return response
