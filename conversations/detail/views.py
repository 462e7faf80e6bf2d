"""One conversation: its page, and a further part of its turns."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from conversations.detail.json_tree import json_tree
from conversations.detail.missing_parts import missing_parts
from conversations.detail.opening import open_with_audio, read_again
from conversations.detail.player import RecordingPanel, second_in
from conversations.detail.player_csp import permit_player
from conversations.detail.transcript_parts import (
    TranscriptPart,
    fits_one_page,
    part_with,
    whole,
)
from conversations.detail.transcript_reader import TranscriptView
from conversations.listing.query import ListQuery, read_list_query
from conversations.models import Conversation
from conversations.search.highlighting import Highlighter
from conversations.search.page_search import Search
from conversations.verdicts import verdict_in

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
    opened, listening = open_with_audio(
        request.organization, conversation_id, start_at=second_in(request.GET)
    )
    conversation, view = opened.conversation, opened.view
    filters = read_list_query(request.GET)
    part = chosen_part(request, view, listening)
    read_again(conversation, view, part.entries)
    query = filters.query()
    # In front of further parameters.
    here = f"?{query}&" if query else "?"
    context: dict[str, object] = {
        "conversation": conversation,
        "transcript": opened.transcript,
        "was_sent": opened.was_sent,
        "searched": opened.searched,
        "view": view,
        "fits_one_page": fits_one_page(view),
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
        context["verdict"] = verdict_in(conversation.metadata)
        context["missing"] = missing_parts(
            conversation, has_recording=listening.recording is not None
        )
        context["expected"] = conversation.expected_sessions.first()
        response = render(request, "conversations/detail/detail.html", context)
        if listening.recording is not None:
            permit_player(request, response)
    patch_vary_headers(response, ["HX-Request"])
    return response


def chosen_part(
    request: OrganizationRequest, view: TranscriptView, listening: RecordingPanel
) -> TranscriptPart:
    """Return the part that the address names.

    `?show=all`: the whole, as one prints it, where it fits; `?at=1800`: the part with that turn;
    `?t=83`: with the turn that is played at that second.
    """
    if request.GET.get("show") == "all" and fits_one_page(view):
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
