"""The page of the organization's name, slug and time zone."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import organization_view
from accounts.actions import change_organization
from accounts.forms import OrganizationForm
from accounts.http import OrganizationRequest
from accounts.models import Organization, Role


@require_http_methods(["GET", "POST"])
@organization_view()
def organization(request: OrganizationRequest) -> HttpResponse:
    """Show the organization to members, and let owners change it.

    Raises:
        PermissionDenied: somebody who is no owner posts a change.
    """
    if request.method == "POST" and not request.membership.covers(Role.OWNER):
        raise PermissionDenied("Only an owner may change the organization.")
    # A copy: what was typed and refused must not show in the frame of the page.
    instance = Organization.objects.get(pk=request.organization.pk)
    form = OrganizationForm(request.POST or None, instance=instance)
    if form.is_valid():
        change_organization(
            organization=request.organization, by=request.user, **form.cleaned_data
        )
        messages.success(request, "Saved.")
        return redirect("accounts:organization", slug=request.organization.slug)
    return render(request, "accounts/organization.html", {"form": form})
