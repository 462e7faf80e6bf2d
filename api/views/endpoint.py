"""The base of all endpoints."""

from __future__ import annotations

from rest_framework.views import APIView


class Endpoint(APIView):
    """One address below `/v1`; other methods are a 405."""

    http_method_names = ["get", "head", "post", "patch", "delete"]  # noqa: RUF012
