from django.urls import include, path

from integrations.health import healthz, readyz
from integrations.ingest import receive
from integrations.metrics import metrics
from integrations.views.help import help_detail, help_index

app_name = "integrations"

webhook_urls = [
    path("webhooks/calls", receive, name="receive-call"),
    path("webhooks/calls/", receive),
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
    path("org/<slug:slug>/", include("integrations.settings_urls")),
]
