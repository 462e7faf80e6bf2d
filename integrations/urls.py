from django.urls import include, path

from integrations.health import healthz, readyz
from integrations.ingest import receive_call
from integrations.metrics import metrics
from integrations.running_totals import count_answers

app_name = "integrations"

webhook_urls = [
    # With and without the slash: a redirect would lose the body.
    path("webhooks/calls", count_answers(receive_call), name="receive-call"),
    path("webhooks/calls/", count_answers(receive_call)),
]

operators_urls = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]

urlpatterns = [
    *webhook_urls,
    *operators_urls,
    path("org/<slug:slug>/", include("integrations.settings_urls")),
]
