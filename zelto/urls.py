"""Route addresses to the apps, and errors to the views that answer them."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("conversations.urls")),
    path("", include("integrations.urls")),
    path("", include("alerts.urls")),
    path("", include("api.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "integrations.problems.bad_request"
handler403 = "integrations.problems.forbidden"
handler404 = "integrations.problems.not_found"
handler500 = "integrations.problems.server_error"
