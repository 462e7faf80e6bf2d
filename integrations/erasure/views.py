"""The page that erases one conversation."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from accounts.models import Role
from conversations.models import Conversation
from integrations.erasure.erase import BeingWritten, erase_conversation
from integrations.erasure.forms import EraseForm
from integrations.models import Delivery


@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def erase(request: OrganizationRequest, conversation_id: UUID) -> HttpResponse:
    """Say what is lost, ask for the reference, and erase the conversation.

    Raises:
        Http404: the organization has no such conversation, or has none any more.
    """
    conversation = get_object_or_404(
        Conversation.objects.in_organization(request.organization).select_related(
            "agent", "organization"
        ),
        pk=conversation_id,
    )
    form = EraseForm(request.POST or None, conversation=conversation)
    if form.is_valid() and _erased(request, conversation, form):
        messages.success(request, f"Erased {conversation.external_id}.")
        return redirect("conversations:list", slug=request.organization.slug)
    context = {
        "conversation": conversation,
        "form": form,
        "bodies": Delivery.objects.possibly_of_call(conversation)
        .filter(body__isnull=False)
        .count(),
    }
    return render(request, "integrations/erasure/erase.html", context)


def _erased(
    request: OrganizationRequest, conversation: Conversation, form: EraseForm
) -> bool:
    try:
        erase_conversation(conversation=conversation, by=request.user)
    except Conversation.DoesNotExist:
        raise Http404("Somebody has erased it just now.") from None
    except BeingWritten:
        form.add_error(None, "It is being written just now. Try again in a moment.")
        return False
    return True
