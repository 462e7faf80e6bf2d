"""One conversation: its page, a further part of its turns, its files."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from conversations.detail import transcript_files
from conversations.detail.json_tree import json_tree
from conversations.detail.player import RecordingPanel, recording_panel, second_in
from conversations.detail.player_csp import permit_player
from conversations.detail.transcript_parts import TranscriptPart, part_with, whole
from conversations.detail.transcript_reader import TranscriptView, read_transcript
from conversations.file_names import file_name
from conversations.listing.query import ListQuery, read_list_query
from conversations.models import Conversation, Transcript
from conversations.search.highlighting import Highlighter
from conversations.search.page_search import Search
from web.snapshot import one_snapshot

MAX_NUMBER_DIGITS = 6  # digits


@require_GET
@organization_view()
def conversation_detail(
    request: OrganizationRequest, conversation_id: UUID
) -> HttpResponse:
    """Render the page; for htmx the turns alone that `at` asks for.

    Its address carries the filters of the list that it was opened from, so that next
    and previous stay within them.
    """
    conversation, transcript, listening = find_with_audio(
        request, conversation_id, start_at=second_in(request.GET)
    )
    view = view_of(conversation, transcript)
    filters = read_list_query(request.GET)
    part = chosen_part(request, view, listening)
    query = filters.query()
    # In front of further parameters.
    here = f"?{query}&" if query else "?"
    context: dict[str, object] = {
        "conversation": conversation,
        "transcript": transcript,
        "view": view,
        "part": part,
        "listening": listening,
        "player": listening.player,
        **places_of(part, listening),
        "filters": filters,
        "query": query,
        "marks": Highlighter(filters.text) if filters.text else None,
        "here": here,
        "slowest_url": turn_url(view.slowest.number, part, here)
        if view.slowest
        else "",
        # A further part lays itself below or above what is there.
        "way": request.GET.get("way") if request.htmx else "",
    }
    if request.htmx:
        response = render(request, "conversations/detail/_turns.html", context)
    else:
        context |= neighbours(request, conversation, filters)
        context["metadata"] = json_tree(conversation.metadata)
        response = render(request, "conversations/detail/detail.html", context)
        if listening.recording is not None:
            permit_player(request, response)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_GET
@organization_view()
def transcript_text(
    request: OrganizationRequest, conversation_id: UUID
) -> HttpResponse:
    conversation, transcript = find_with_transcript(request, conversation_id)
    text = transcript_files.as_plain_text(
        conversation,
        view_of(conversation, transcript),
        request.organization.zone,
    )
    response = HttpResponse(text, "text/plain; charset=utf-8")
    name = file_name(conversation.external_id, "txt", otherwise=conversation.id)
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response


@require_GET
@organization_view()
def transcript_json(
    request: OrganizationRequest, conversation_id: UUID
) -> HttpResponse:
    conversation, transcript = find_with_transcript(request, conversation_id)
    document = transcript_files.as_document(conversation, transcript)
    name = file_name(conversation.external_id, "json", otherwise=conversation.id)
    return _download(document, name)


@require_GET
@organization_view()
def metadata_json(request: OrganizationRequest, conversation_id: UUID) -> HttpResponse:
    conversation = find(request, conversation_id)
    name = file_name(
        conversation.external_id, "metadata.json", otherwise=conversation.id
    )
    return _download(conversation.metadata, name)


def find(request: OrganizationRequest, conversation_id: UUID) -> Conversation:
    """Return a conversation with its agent.

    Raises:
        Http404: the organization has no such conversation.
    """
    in_organization = Conversation.objects.in_organization(request.organization)
    return get_object_or_404(
        in_organization.select_related("agent"), pk=conversation_id
    )


def find_with_transcript(
    request: OrganizationRequest, conversation_id: UUID
) -> tuple[Conversation, Transcript | None]:
    """Return both as they were at one moment.

    Raises:
        Http404: the organization has no such conversation.
    """
    with one_snapshot():
        conversation = find(request, conversation_id)
        return conversation, transcript_of(conversation)


def find_with_audio(
    request: OrganizationRequest, conversation_id: UUID, *, start_at: float = 0.0
) -> tuple[Conversation, Transcript | None, RecordingPanel]:
    """Return all three as they were at one moment.

    Raises:
        Http404: the organization has no such conversation.
    """
    with one_snapshot():
        conversation, transcript = find_with_transcript(request, conversation_id)
        listening = recording_panel(conversation, transcript, start_at=start_at)
        return conversation, transcript, listening


def transcript_of(conversation: Conversation) -> Transcript | None:
    # Not joined: a conversation whose transcript has not come yet has no such row.
    return Transcript.objects.filter(conversation=conversation).first()


def view_of(
    conversation: Conversation, transcript: Transcript | None
) -> TranscriptView:
    return read_transcript(
        (transcript.turns if transcript else None) or [],
        started_at=conversation.started_at,
        system_prompt=transcript.system_prompt if transcript else "",
    )


def chosen_part(
    request: OrganizationRequest, view: TranscriptView, listening: RecordingPanel
) -> TranscriptPart:
    """Return the part that the address names.

    `?show=all`: the whole, as one prints it; `?at=1800`: the part with that turn;
    `?t=83`: with the turn that is played at that second.
    """
    if request.GET.get("show") == "all":
        return whole(view)
    at = request.GET.get("at", "")
    if at.isascii() and at.isdigit() and len(at) <= MAX_NUMBER_DIGITS:
        return part_with(view, int(at))
    player = listening.player
    heard = player.placing.heard_at(player.start_at) if player else None
    return part_with(view, heard or 1)


def places_of(
    part: TranscriptPart, listening: RecordingPanel
) -> dict[str, float | None]:
    """Note where the part's turns are in the recording, and return the same of the
    parts beside it."""
    if listening.player is None:
        return {}
    placing = listening.player.placing
    for entry in part.entries:
        entry.heard_at = placing.start_of(entry.number)
    return {
        "earlier_at": placing.start_of(part.earlier.first) if part.earlier else None,
        "later_at": placing.start_of(part.later.first) if part.later else None,
    }


def turn_url(number: int, part: TranscriptPart, here: str) -> str:
    anchor = f"#turn-{number}"
    return anchor if part.shows(number) else f"{here}at={number}{anchor}"


def neighbours(
    request: OrganizationRequest, conversation: Conversation, filters: ListQuery
) -> dict[str, Conversation | None]:
    organization = request.organization
    listed = Search(organization, filters.filters(organization.zone))
    position = conversation.created_at, conversation.id
    return {
        "newer": next(iter(listed.next_newer(position, 1)), None),
        "older": next(iter(listed.next_older(position, 1)), None),
    }


def _download(document: object, name: str) -> HttpResponse:
    response = JsonResponse(
        document, safe=False, json_dumps_params={"ensure_ascii": False, "indent": 2}
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
