"""A conversation's audio, and what becomes of it while somebody looks."""

from __future__ import annotations

import logging
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts import audit
from accounts.access import organization_view
from accounts.http import OrganizationRequest
from conversations.detail.opening import open_with_audio
from conversations.models import Recording
from conversations.recordings import actions, serving

log = logging.getLogger(__name__)


@require_safe
@organization_view()
def recording(request: OrganizationRequest, conversation_id: UUID) -> HttpResponseBase:
    """Answer with the audio, for the player of its page; `?download`: to keep.

    Raises:
        Http404: there is no such recording, or the storage has no such file.
    """
    found = stored_recording(request, conversation_id)
    download = "download" in request.GET
    try:
        response = serving.serve(
            request, found, download=download, in_pieces=not download
        )
    except serving.Unsatisfiable as error:
        refusal = HttpResponse(error.detail, "text/plain", status=416)
        refusal["Content-Range"] = error.content_range
        return refusal
    except serving.Busy as error:
        refusal = HttpResponse(error.detail, "text/plain", status=503)
        refusal["Retry-After"] = str(error.retry_after)
        return refusal
    except serving.FileIsGone as error:
        log.error("%s", error)
        raise Http404(str(error)) from None
    if serving.counts_as_playback(request, response):
        audit.record_opening(
            organization=request.organization,
            by=request.user,
            **serving.opening_of(found),
        )
    return response


@require_GET
@organization_view()
def recording_state(
    request: OrganizationRequest, conversation_id: UUID
) -> HttpResponse:
    """Render the parts of the page that refresh by themselves (`refresh.js`)."""
    opened, listening = open_with_audio(request.organization, conversation_id)
    context = {
        "conversation": opened.conversation,
        "listening": listening,
        "player": listening.player,
        "here": "?",
    }
    response = render(request, "conversations/detail/_recording.html", context)
    add_never_cache_headers(response)
    return response


@require_POST
@organization_view()
def retry(request: OrganizationRequest, conversation_id: UUID) -> HttpResponse:
    """Fetch a recording again, and lead back to its page."""
    recordings = Recording.objects.in_organization(request.organization)
    recording = get_object_or_404(recordings, pk=conversation_id)
    if actions.retry_recording(recording=recording, by=request.user):
        messages.success(request, "The recording is fetched again.")
    return redirect(
        "conversations:detail",
        slug=request.organization.slug,
        conversation_id=conversation_id,
    )


def stored_recording(request: OrganizationRequest, conversation_id: UUID) -> Recording:
    """Return the recording of a conversation, with what serving it needs.

    Raises:
        Http404: the organization has none of that conversation.
    """
    found = Recording.objects.in_organization(request.organization).to_serve()
    recording = found.filter(conversation=conversation_id).first()
    if recording is None:
        raise Http404("There is no recording of this conversation.")
    return recording
