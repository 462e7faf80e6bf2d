"""The page that erases the conversations which were selected in the list."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from accounts.models import Role
from conversations.exports.request import MAX_CHOSEN, read_chosen
from conversations.listing.query import read_list_query
from conversations.models import Conversation
from integrations.erasure.erase import erase_conversations
from integrations.erasure.forms import EraseManyForm

# References that the page names.
NAMED = 10


@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def erase_many(request: OrganizationRequest) -> HttpResponse:
    """Say how many were selected, ask for the words, and erase what can be erased."""
    parameters = request.POST if request.method == "POST" else request.GET
    chosen = read_chosen(parameters)
    conversations: list[Conversation] = []
    if chosen and len(chosen) <= MAX_CHOSEN:
        conversations = list(
            Conversation.objects.in_organization(request.organization)
            .filter(id__in=chosen)
            .select_related("organization", "agent")
            .newest_first()
        )
    form = EraseManyForm(request.POST or None, count=len(conversations))
    context = {
        "conversations": conversations,
        "named": conversations[:NAMED],
        "unnamed": max(len(conversations) - NAMED, 0),
        "form": form,
        "chosen": chosen,
        "max_chosen": MAX_CHOSEN,
        "list_query": read_list_query(request.GET).query(),
    }
    if conversations and form.is_valid():
        erased = erase_conversations(conversations=conversations, by=request.user)
        if not erased.left:
            messages.success(request, f"Erased {number_of(erased.count)}.")
            return redirect("conversations:list", slug=request.organization.slug)
        context |= {
            "conversations": erased.left,
            "named": erased.left[:NAMED],
            "unnamed": max(len(erased.left) - NAMED, 0),
            "form": EraseManyForm(count=len(erased.left)),
            "erased": erased.count,
        }
    return render(request, "integrations/erasure/erase_many.html", context)


def number_of(count: int) -> str:
    """Return the number with its noun, as in "2 conversations"."""
    return f"{count:,} conversation{'' if count == 1 else 's'}"
