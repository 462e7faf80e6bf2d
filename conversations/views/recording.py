"""What members do to the recording of a conversation."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from conversations import actions
from conversations.models import Recording


@require_POST
@organization_view()
def retry(request: OrganizationRequest, conversation_id: UUID) -> HttpResponse:
    recordings = Recording.objects.in_organization(request.organization)
    recording = get_object_or_404(recordings, pk=conversation_id)
    if actions.retry_recording(recording=recording, by=request.user):
        messages.success(request, "The recording is fetched again.")
    return redirect(
        "conversations:detail",
        slug=request.organization.slug,
        conversation_id=conversation_id,
    )
