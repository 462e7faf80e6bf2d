from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponseBase
from django.urls import URLPattern, path

from conversations.views import agents, conversations, usage

app_name = "conversations"


def page(
    route: str, view: Callable[..., HttpResponseBase], name: str
) -> list[URLPattern]:
    """The page's address, and the same with a slash that somebody typed."""
    return [path(f"{route}/", view), path(route, view, name=name)]


urlpatterns = [
    *page("org/<slug:slug>/conversations", conversations.conversation_list, "list"),
    *page(
        "org/<slug:slug>/conversations/<uuid:conversation_id>",
        conversations.conversation_detail,
        "detail",
    ),
    *page("org/<slug:slug>/agents", agents.agent_list, "agents"),
    *page("org/<slug:slug>/agents/<uuid:agent_id>", agents.agent_detail, "agent"),
    *page("org/<slug:slug>/settings/usage", usage.usage, "usage"),
    path("org/<slug:slug>/settings/usage.csv", usage.usage_csv, name="usage-csv"),
]
