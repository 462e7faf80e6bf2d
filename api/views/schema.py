"""The description of `/v1`, and a page to try it: both for anybody."""

from __future__ import annotations

import json
from functools import cache

from django.http import HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.drf_hooks import plain
from api.parameters import Parameters, read_query

# Loaded where they are needed: they tell drf-spectacular of themselves.
from api.schema import extensions, models  # noqa: F401
from api.views.endpoint import Endpoint


class PublicView(Endpoint):
    authentication_classes = ()
    permission_classes = ()


class SchemaView(PublicView):
    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        read_query(Parameters, request.query_params)
        return HttpResponse(schema_text(), content_type="application/json")


class DocsView(PublicView):
    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        read_query(Parameters, request.query_params)
        return render(plain(request), "api/docs.html")


@cache
def schema_text() -> str:
    """Return the OpenAPI description as JSON, made once: it changes with the code only."""
    return json.dumps(SchemaGenerator().get_schema(request=None, public=True))
