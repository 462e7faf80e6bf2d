"""The addresses of the pages of conversations, agents and usage."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponseBase
from django.urls import URLPattern, path

from conversations.agents import edit_views
from conversations.agents import views as agent_views
from conversations.detail import file_views, recording_views, transcribe_view
from conversations.detail import views as detail_views
from conversations.exports import views as export_views
from conversations.listing import saved_view_views
from conversations.listing import views as listing_views
from conversations.usage import views as usage_views

app_name = "conversations"

LIST = "org/<slug:slug>/conversations"
CONVERSATION = f"{LIST}/<uuid:conversation_id>"
VIEW = f"{LIST}/views/<uuid:view_id>"
AGENT = "org/<slug:slug>/agents/<uuid:agent_id>"


def page(
    route: str, view: Callable[..., HttpResponseBase], name: str
) -> list[URLPattern]:
    """Return the routes of a page: its address, and the same with a slash that somebody
    typed.
    """
    return [path(f"{route}/", view), path(route, view, name=name)]


agent_urls = [
    *page("org/<slug:slug>/agents", agent_views.agent_list, "agents"),
    *page(AGENT, agent_views.agent_detail, "agent"),
    path(f"{AGENT}/activity", agent_views.agent_activity, name="agent-activity"),
    path(f"{AGENT}/versions", agent_views.agent_versions, name="agent-versions"),
    path(f"{AGENT}/edit", edit_views.edit, name="agent-edit"),
    path(f"{AGENT}/retire", edit_views.retire, name="agent-retire"),
    path(f"{AGENT}/bring-back", edit_views.bring_back, name="agent-bring-back"),
    path(f"{AGENT}/merge", edit_views.merge, name="agent-merge"),
    path(f"{AGENT}/separate", edit_views.separate, name="agent-separate"),
]

conversation_urls = [
    *page(CONVERSATION, detail_views.conversation_detail, "detail"),
    path(
        f"{CONVERSATION}/transcript.txt",
        file_views.transcript_text,
        name="transcript-text",
    ),
    path(
        f"{CONVERSATION}/transcript.json",
        file_views.transcript_json,
        name="transcript-json",
    ),
    path(
        f"{CONVERSATION}/turns/<int:number>.json",
        file_views.turn_json,
        name="turn-json",
    ),
    path(
        f"{CONVERSATION}/metadata.json",
        file_views.metadata_json,
        name="metadata-json",
    ),
    path(f"{CONVERSATION}/transcribe", transcribe_view.transcribe, name="transcribe"),
    path(f"{CONVERSATION}/recording", recording_views.recording, name="recording"),
    path(
        f"{CONVERSATION}/recording/state",
        recording_views.recording_state,
        name="recording-state",
    ),
    path(
        f"{CONVERSATION}/recording/retry", recording_views.retry, name="recording-retry"
    ),
]

view_urls = [
    path(f"{LIST}/columns", saved_view_views.choose_columns, name="columns"),
    path(f"{LIST}/views", saved_view_views.save, name="view-save"),
    path(f"{VIEW}/rename", saved_view_views.rename, name="view-rename"),
    path(f"{VIEW}/update", saved_view_views.update, name="view-update"),
    path(f"{VIEW}/share", saved_view_views.share, name="view-share"),
    path(f"{VIEW}/unshare", saved_view_views.unshare, name="view-unshare"),
    path(f"{VIEW}/delete", saved_view_views.delete, name="view-delete"),
]

urlpatterns = [
    *page(LIST, listing_views.conversation_list, "list"),
    *page(f"{LIST}/export", export_views.export, "export"),
    path(f"{LIST}/export/file", export_views.export_file, name="export-file"),
    *view_urls,
    *conversation_urls,
    *agent_urls,
    *page("org/<slug:slug>/settings/usage", usage_views.usage, "usage"),
    path("org/<slug:slug>/settings/usage.csv", usage_views.usage_csv, name="usage-csv"),
]
