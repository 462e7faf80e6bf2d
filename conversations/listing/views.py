"""The page of the conversations list, and the part of it that is polled."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.text import Truncator
from django.views.decorators.http import require_GET

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from accounts.models import Organization
from conversations.listing.active_filters import active_filters
from conversations.listing.columns import (
    DEFAULT_COLUMNS,
    column_menu,
    columns_of,
    read_columns,
    remembered_columns,
    write_columns,
)
from conversations.listing.forms import ConversationListForm
from conversations.listing.query import (
    ConversationPage,
    ListQuery,
    read_list_query,
    read_page,
    rows_with_reference,
)
from conversations.listing.rows import list_rows
from conversations.listing.saved_views import Views, views_of
from conversations.models import Agent, Conversation, SeenValue
from conversations.search.suggestions import seen_values
from conversations.verdicts import VERDICTS
from web.paging import page_links

# More agents than this do not fit a menu; the agent's own page links its list.
AGENTS_IN_MENU = 200


@require_GET
@organization_view()
def conversation_list(request: OrganizationRequest) -> HttpResponse:
    """Answer the page; for htmx and the poll of `live.js` the list alone, or 204 where
    it is as that reader has `seen` it."""
    organization = request.organization
    filters = read_list_query(request.GET)
    tokens = shown_columns(request, filters)
    views = None if request.htmx else views_of(request.membership, filters, tokens)
    if views:
        # What is changed from here on is changed in this view.
        opened = views.in_force.view.pk if views.in_force else None
        filters = replace(filters, view=opened)
    page = read_page(organization, filters, request.GET)
    # A whole reference, typed or pasted, is what was looked for.
    first = rows_with_reference(organization, filters) if page.newer is None else []
    rows = [*first, *(row for row in page.rows if row not in first)]
    version = version_of(rows)
    if request.htmx and request.GET.get("seen") == version:
        response = HttpResponse(status=204)
    else:
        context = list_context(organization, filters, tokens, page, rows)
        context["version"] = version
        if views is None:
            template = "conversations/listing/_listing.html"
        else:
            template = "conversations/listing/list.html"
            choices = filter_choices(request, filters)
            menu = column_menu(context["columns"], choices["metadata_keys"])
            context |= choices | view_facts(request, views) | {"menu": menu}
        response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def list_context(
    organization: Organization,
    filters: ListQuery,
    tokens: tuple[str, ...],
    page: ConversationPage,
    rows: list[Conversation],
) -> dict[str, Any]:
    """tokens: of the columns that are shown."""
    columns = columns_of(tokens)
    return {
        "page": page,
        "columns": columns,
        "are_usual_columns": tokens == DEFAULT_COLUMNS,
        "written_columns": write_columns(tokens),
        "rows": list_rows(rows, columns, filters.text),
        "filters": filters,
        "row_query": filters.query(),
        "list_url": reverse("conversations:list", args=[organization.slug]),
        "cleared": filters.cleared().query(),
        "shows_customer": "customer" in tokens,
        **page_links(page, filters.query()),
    }


def shown_columns(request: OrganizationRequest, filters: ListQuery) -> tuple[str, ...]:
    """Return the columns to show. A poll names those of its page as `shown`: what the
    reader chooses meanwhile, in another tab, does not fit under its headings."""
    if filters.columns is not None:
        return filters.columns
    shown = read_columns(request.GET.get("shown", ""), []) if request.htmx else None
    return remembered_columns(request.membership) if shown is None else shown


def version_of(rows: Iterable[Conversation]) -> str:
    """Return a digest that changes when any of these rows does, or another is there."""
    seen = hashlib.blake2b(digest_size=8)
    for row in rows:
        changes = row.updated_at, row.has_audio, row.agent.updated_at
        seen.update(f"{row.id} {changes}".encode())
    return seen.hexdigest()


def view_facts(request: OrganizationRequest, views: Views) -> dict[str, object]:
    shown = views.in_force
    return {
        "views": views,
        "may_remove_view": shown and shown.view.may_be_removed_by(request.membership),
    }


def filter_choices(request: OrganizationRequest, filters: ListQuery) -> dict[str, Any]:
    agents = list(
        Agent.objects.in_organization(request.organization)
        .not_merged()
        .only("id", "name", "external_id")
        .order_by("name", "external_id")[:AGENTS_IN_MENU]
    )
    chosen = next((agent for agent in agents if agent.id == filters.agent), None)
    if filters.agent and chosen is None:
        everyone = Agent.objects.in_organization(request.organization)
        chosen = everyone.filter(id=filters.agent).first()
        agents += [chosen] if chosen else []
    kinds, organization = SeenValue.Kind, request.organization
    form = ConversationListForm(dict(filters.pairs()))
    form.offer(
        "agent",
        [(str(one.id), Truncator(one.display_name).chars(60)) for one in agents],
    )
    form.name_zone(organization)
    return {
        "form": form,
        "chips": active_filters(filters, chosen),
        "ended_reasons": seen_values(organization, kinds.ENDED_REASON),
        "versions": seen_values(organization, kinds.VERSION),
        "metadata_keys": seen_values(organization, kinds.METADATA_KEY),
        "tags": seen_values(organization, kinds.TAG),
        "judges": seen_values(organization, kinds.JUDGE),
        "verdicts": VERDICTS,
        "more_in_force": has_more_in_force(filters),
    }


def has_more_in_force(filters: ListQuery) -> bool:
    """Tell whether a filter is in force that is only seen in the part that opens."""
    flags = (filters.has_transcript, filters.has_audio, filters.is_test)
    return any(flag is not None for flag in flags) or any(
        (
            *(filters.provider, filters.ended_reason, filters.version),
            *(filters.metadata, filters.first_day, filters.last_day),
            *(filters.outcome, filters.tag, filters.judge, filters.verdict),
            filters.arrival,
        )
    )
