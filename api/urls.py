"""The addresses of `/v1` and `/mcp`."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.views import APIView

from api.conditional import conditional
from api.mcp.tools import mcp
from api.views import (
    agents,
    call_recording,
    conversations,
    deliveries,
    expected_sessions,
    issues,
    schema,
    usage,
    worker_check,
    workers,
)

app_name = "api"


def endpoint(route: str, view: type[APIView], name: str) -> URLPattern:
    """Return the route of a view below `/v1/`, which answers 304 where the `ETag` fits."""
    return path(f"v1/{route}", conditional(view.as_view()), name=name)


urlpatterns = [
    endpoint("agents", agents.AgentsView, "agents"),
    endpoint("agents/<str:id>", agents.AgentView, "agent"),
    endpoint("conversations", conversations.ConversationsView, "conversations"),
    endpoint("conversations/<str:id>", conversations.ConversationView, "conversation"),
    endpoint(
        "conversations/<str:id>/transcript",
        conversations.TranscriptView,
        "transcript",
    ),
    endpoint(
        "conversations/<str:id>/recording", conversations.RecordingView, "recording"
    ),
    endpoint(
        "calls/<str:provider>/<path:external_id>/recording",
        call_recording.CallRecordingView,
        "call-recording",
    ),
    endpoint("worker-check", worker_check.WorkerCheckView, "worker-check"),
    endpoint("deliveries", deliveries.DeliveriesView, "deliveries"),
    endpoint("deliveries/<str:id>", deliveries.DeliveryView, "delivery"),
    endpoint("deliveries/<str:id>/replay", deliveries.ReplayView, "replay"),
    endpoint(
        "expected-sessions",
        expected_sessions.ExpectedSessionsView,
        "expected-sessions",
    ),
    endpoint(
        "expected-sessions/<str:id>",
        expected_sessions.ExpectedSessionView,
        "expected-session",
    ),
    endpoint("issues", issues.IssuesView, "issues"),
    endpoint("issues/<str:id>", issues.IssueView, "issue"),
    endpoint("workers", workers.WorkersView, "workers"),
    endpoint("usage", usage.UsageView, "usage"),
    endpoint("openapi.json", schema.SchemaView, "schema"),
    endpoint("docs", schema.DocsView, "docs"),
    path("mcp", mcp, name="mcp"),
]
