"""What a conversation is made of, to take along: all of it, however long."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from conversations.detail import transcript_files
from conversations.detail.opening import find, open_conversation
from conversations.file_names import file_name
from conversations.models import Conversation
from conversations.stored_turns import turns_as_json
from web.snapshot import one_snapshot

# No transcript has as many turns.
MAX_NUMBER = 999_999


@require_GET
@organization_view()
def transcript_text(
    request: OrganizationRequest, conversation_id: UUID
) -> HttpResponse:
    """Answer what was said, as text."""
    text = BytesIO()
    organization = request.organization
    with one_snapshot():
        opened = open_conversation(organization, conversation_id)
        lines = transcript_files.as_plain_text(
            opened.conversation, opened.view, organization.zone
        )
        for line in lines:
            text.write(f"{line}\n".encode())
    response = HttpResponse(text.getvalue(), "text/plain; charset=utf-8")
    return _named(response, opened.conversation, "txt", "inline")


@require_GET
@organization_view()
def transcript_json(
    request: OrganizationRequest, conversation_id: UUID
) -> HttpResponse:
    """Answer the transcript as it was sent, a turn to a line."""
    document = BytesIO()
    with one_snapshot():
        opened = open_conversation(request.organization, conversation_id)
        for part in transcript_files.as_document(
            opened.conversation, opened.transcript, was_sent=opened.was_sent
        ):
            document.write(part.encode())
    response = HttpResponse(document.getvalue(), "application/json")
    return _named(response, opened.conversation, "json", "attachment")


@require_GET
@organization_view()
def turn_json(
    request: OrganizationRequest, conversation_id: UUID, number: int
) -> HttpResponse:
    """Answer one turn as it was sent.

    Raises:
        Http404: there is no such conversation, or it has no such turn.
    """
    with one_snapshot():
        conversation = find(request.organization, conversation_id)
        turn = None
        if number <= MAX_NUMBER:
            turn = next(turns_as_json(conversation_id, numbers=[number]), None)
    if turn is None:
        raise Http404("There is no such turn.")
    response = HttpResponse(turn.encode(), "application/json")
    return _named(response, conversation, f"turn-{number}.json", "attachment")


@require_GET
@organization_view()
def metadata_json(request: OrganizationRequest, conversation_id: UUID) -> HttpResponse:
    """Answer the metadata as it was sent."""
    conversation = find(request.organization, conversation_id)
    document = transcript_files.as_json(conversation.metadata)
    response = HttpResponse(document.encode(), "application/json")
    return _named(response, conversation, "metadata.json", "attachment")


def _named(
    response: HttpResponse, conversation: Conversation, ending: str, disposition: str
) -> HttpResponse:
    name = file_name(conversation.external_id, ending, otherwise=conversation.id)
    response["Content-Disposition"] = f'{disposition}; filename="{name}"'
    return response
