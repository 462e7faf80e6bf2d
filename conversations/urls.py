from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponseBase
from django.urls import URLPattern, path

from conversations.views import (
    agent_changes,
    agents,
    conversation,
    conversations,
    exports,
    recording,
    saved_views,
    transcription,
    usage,
)

app_name = "conversations"

LIST = "org/<slug:slug>/conversations"
CONVERSATION = f"{LIST}/<uuid:conversation_id>"
VIEW = f"{LIST}/views/<uuid:view_id>"
AGENT = "org/<slug:slug>/agents/<uuid:agent_id>"


def page(
    route: str, view: Callable[..., HttpResponseBase], name: str
) -> list[URLPattern]:
    """The page's address, and the same with a slash that somebody typed."""
    return [path(f"{route}/", view), path(route, view, name=name)]


agent_urls = [
    *page("org/<slug:slug>/agents", agents.agent_list, "agents"),
    *page(AGENT, agents.agent_detail, "agent"),
    path(f"{AGENT}/activity", agents.agent_activity, name="agent-activity"),
    path(f"{AGENT}/versions", agents.agent_versions, name="agent-versions"),
    path(f"{AGENT}/edit", agent_changes.edit, name="agent-edit"),
    path(f"{AGENT}/retire", agent_changes.retire, name="agent-retire"),
    path(f"{AGENT}/bring-back", agent_changes.bring_back, name="agent-bring-back"),
    path(f"{AGENT}/merge", agent_changes.merge, name="agent-merge"),
    path(f"{AGENT}/separate", agent_changes.separate, name="agent-separate"),
]

conversation_urls = [
    *page(CONVERSATION, conversation.conversation_detail, "detail"),
    path(
        f"{CONVERSATION}/transcript.txt",
        conversation.transcript_text,
        name="transcript-text",
    ),
    path(
        f"{CONVERSATION}/transcript.json",
        conversation.transcript_json,
        name="transcript-json",
    ),
    path(
        f"{CONVERSATION}/metadata.json",
        conversation.metadata_json,
        name="metadata-json",
    ),
    path(f"{CONVERSATION}/transcribe", transcription.transcribe, name="transcribe"),
    path(f"{CONVERSATION}/recording", recording.recording, name="recording"),
    path(
        f"{CONVERSATION}/recording/state",
        recording.recording_state,
        name="recording-state",
    ),
    path(f"{CONVERSATION}/recording/retry", recording.retry, name="recording-retry"),
]

view_urls = [
    path(f"{LIST}/columns", saved_views.choose_columns, name="columns"),
    path(f"{LIST}/views", saved_views.save, name="view-save"),
    path(f"{VIEW}/rename", saved_views.rename, name="view-rename"),
    path(f"{VIEW}/update", saved_views.update, name="view-update"),
    path(f"{VIEW}/share", saved_views.share, name="view-share"),
    path(f"{VIEW}/unshare", saved_views.unshare, name="view-unshare"),
    path(f"{VIEW}/delete", saved_views.delete, name="view-delete"),
]

urlpatterns = [
    *page(LIST, conversations.conversation_list, "list"),
    *page(f"{LIST}/export", exports.export, "export"),
    path(f"{LIST}/export/file", exports.export_file, name="export-file"),
    *view_urls,
    *conversation_urls,
    *agent_urls,
    *page("org/<slug:slug>/settings/usage", usage.usage, "usage"),
    path("org/<slug:slug>/settings/usage.csv", usage.usage_csv, name="usage-csv"),
]
