"""The page on which people upload a recording."""

from __future__ import annotations

import logging
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from accounts.models import Role
from conversations.models import Conversation
from conversations.transcription.engine import engine
from integrations.problems import Refusal
from integrations.uploads import actions as upload_actions
from integrations.uploads.forms import IncomingFileHandler, UploadForm
from integrations.uploads.take import not_stored, upload_slot

logger = logging.getLogger(__name__)


@csrf_exempt  # its check reads the body, which must go to disk: `_upload` has it
@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def upload(request: OrganizationRequest) -> HttpResponse:
    """Show the form, or take what it sends; without a free slot, refuse it with 503."""
    if request.method != "POST":
        return _upload(request)
    request.upload_handlers = [IncomingFileHandler()]
    try:
        with upload_slot(request.organization.pk):
            return _upload(request)
    except Refusal as refusal:
        form = UploadForm({}, organization=request.organization)
        form.errors.clear()
        form.add_error(None, refusal.detail)
        response = _page(request, form, refusal.status)
        for name, value in refusal.headers:
            response[name] = value
        return response


@csrf_protect
def _upload(any_request: HttpRequest) -> HttpResponse:
    request = cast(OrganizationRequest, any_request)
    is_sent = request.method == "POST"
    form = UploadForm(
        request.POST if is_sent else None,
        request.FILES if is_sent else None,
        organization=request.organization,
    )
    if is_sent and (failure := _failure_of(request)):
        logger.error("An upload could not be written: %s", failure)
        raise not_stored(failure)
    if is_sent and _is_too_large(request):
        limit = filesizeformat(settings.MAX_AUDIO_BYTES)
        form.errors.pop("file", None)
        form.add_error("file", f"This file is over the limit of {limit}.")
    if not form.is_valid():
        return _page(request, form)
    try:
        conversation = upload_actions.upload_recording(
            organization=request.organization,
            by=request.user,
            call=form.call(),
            path=form.path(),
        )
    except Refusal as refusal:
        if refusal.status == 503:
            raise
        form.refuse(refusal)
        return _page(request, form)
    return _redirect_to(request, conversation)


def _failure_of(request: HttpRequest) -> OSError | None:
    """Return why the file could not be written; None where it could."""
    failures = (getattr(one, "failure", None) for one in request.upload_handlers)
    return next((one for one in failures if one is not None), None)


def _is_too_large(request: HttpRequest) -> bool:
    return any(getattr(one, "is_too_large", False) for one in request.upload_handlers)


def _page(
    request: OrganizationRequest, form: UploadForm, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "most_bytes": settings.MAX_AUDIO_BYTES,
        "most": filesizeformat(settings.MAX_AUDIO_BYTES),
        "lacks": engine().missing(),
    }
    return render(request, "integrations/uploads/upload.html", context, status=status)


def _redirect_to(
    request: OrganizationRequest, conversation: Conversation
) -> HttpResponse:
    """Redirect to the conversation; a script, which shows the progress of the upload,
    gets the address and goes there itself."""
    page = reverse(
        "conversations:detail", args=[request.organization.slug, conversation.id]
    )
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        return JsonResponse({"url": page}, status=201)
    return redirect(page)
