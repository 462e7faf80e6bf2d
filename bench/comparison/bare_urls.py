"""A view that takes a session and does nothing with it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path


def receive_call(request: HttpRequest) -> HttpResponse:
    """Read a session and do nothing with it."""
    # Read, as every server must that will keep the connection.
    return JsonResponse({"received": len(request.body) > 0})


urlpatterns = [path("webhooks/calls", receive_call)]
