"""The address of the page on which people land."""

from __future__ import annotations

from django.urls import path

from home.views import home

app_name = "home"

# Without the slash, as somebody may type it; links have it.
urlpatterns = [
    path("org/<slug:slug>", home),
    path("org/<slug:slug>/", home, name="home"),
]
