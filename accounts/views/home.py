"""The page at `/`."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.access import home_membership, login_required


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the home page of the organization visited last."""
    membership = home_membership(request)
    if membership is None:
        return render(request, "accounts/no_organization.html")
    return redirect("home:home", slug=membership.organization.slug)
