"""Addresses of the webhook, the probes, the help and the pages of an organization."""

from django.urls import include, path

from integrations.help.views import help_detail, help_index
from integrations.ingest.webhook import receive
from integrations.livekit_events.webhook import receive_event
from integrations.operations.health import healthz, readyz
from integrations.operations.metrics import metrics

app_name = "integrations"

webhook_urls = [
    path("webhooks/calls", receive, name="receive-call"),
    path("webhooks/livekit/<str:token>", receive_event, name="receive-livekit-event"),
]

operators_urls = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]

help_urls = [
    path("help", help_index, name="help"),
    path("help/<slug:path>", help_detail, name="help-page"),
]

urlpatterns = [
    *webhook_urls,
    *operators_urls,
    *help_urls,
    path("org/<slug:slug>/", include("integrations.organization_urls")),
]
