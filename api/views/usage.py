"""`/v1/usage`."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from api.drf_hooks import caller_of
from api.parameters import read_query
from api.resources import answer
from api.schema.operations import operation
from api.usage import Usage, UsageParameters, get_usage
from api.views.endpoint import Endpoint


class UsageView(Endpoint):
    @operation(
        "getUsage",
        "What was used, by day",
        tag="Usage",
        description="Days are the organization's, the first and the last one included.",
        conditional=True,
        asks=UsageParameters,
        gives={200: (Usage, "The days and their sum.")},
    )
    def get(self, request: Request) -> HttpResponse:
        parameters = read_query(UsageParameters, request.query_params)
        return answer(get_usage(caller_of(request).organization, parameters))
