"""The page of an organization's recording store."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from accounts.models import Role
from conversations.models import RecordingStore
from integrations.recording_store import actions
from integrations.recording_store.forms import RecordingStoreForm


@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def recording_store(request: OrganizationRequest) -> HttpResponse:
    store = RecordingStore.objects.filter(organization=request.organization).first()
    instance = store or RecordingStore(organization=request.organization)
    form = RecordingStoreForm(request.POST or None, instance=instance)
    if request.method == "POST" and form.is_valid():
        actions.save_store(
            store=form.save(commit=False),
            secret=form.cleaned_data["secret"],
            by=request.user,
        )
        return redirect("integrations:recording-store", request.organization.slug)
    context = {"form": form, "store": store}
    return render(request, "integrations/recording_store/page.html", context)


@require_POST
@organization_view(Role.ADMIN)
def remove_recording_store(request: OrganizationRequest) -> HttpResponse:
    actions.remove_store(organization=request.organization, by=request.user)
    return redirect("integrations:recording-store", request.organization.slug)
