"""The button that has a recording transcribed."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from accounts.models import Role
from conversations.detail.opening import find
from conversations.transcription.queue import enqueue_transcription


@require_POST
@organization_view(Role.ADMIN)
def transcribe(request: OrganizationRequest, conversation_id: UUID) -> HttpResponse:
    """Enqueue the transcription, also again after it failed."""
    conversation = find(request.organization, conversation_id)
    if not enqueue_transcription(conversation):
        messages.info(
            request,
            "There is nothing to transcribe: no audio, or turns that were sent.",
        )
    return redirect("conversations:detail", request.organization.slug, conversation.id)
