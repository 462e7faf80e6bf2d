from django.urls import include, path

from integrations.ingest import receive_call

app_name = "integrations"

webhook_urls = [
    # With and without the slash: a redirect would lose the body.
    path("webhooks/calls", receive_call, name="receive-call"),
    path("webhooks/calls/", receive_call),
]

urlpatterns = [
    *webhook_urls,
    path("org/<slug:slug>/", include("integrations.settings_urls")),
]
