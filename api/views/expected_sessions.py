"""`/v1/expected-sessions`."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from api.drf_hooks import caller_of
from api.expected_sessions import (
    ExpectedSession,
    ExpectedSessionList,
    ExpectedSessionParameters,
    get_expected_session,
    list_expected_sessions,
)
from api.parameters import Parameters, read_query
from api.resources import answer, id_in
from api.schema.operations import operation
from api.views.endpoint import Endpoint

TAG = "Expected sessions"
NOUN = "expected session"


class ExpectedSessionsView(Endpoint):
    @operation(
        "listExpectedSessions",
        "What should have arrived",
        tag=TAG,
        description="Every session that a watched LiveKit project told of, newest first "
        "by its end, with what became of it. `state=missing` is what a watcher asks for.",
        conditional=True,
        asks=ExpectedSessionParameters,
        gives={200: (ExpectedSessionList, "A page of them.")},
    )
    def get(self, request: Request) -> HttpResponse:
        parameters = read_query(ExpectedSessionParameters, request.query_params)
        part = list_expected_sessions(caller_of(request).organization, parameters)
        return answer(ExpectedSessionList(data=part.rows, next_cursor=part.next_cursor))


class ExpectedSessionView(Endpoint):
    @operation(
        "getExpectedSession",
        "One expected session",
        tag=TAG,
        description="What LiveKit told of it, and what became of it here.",
        has_id=True,
        conditional=True,
        gives={200: (ExpectedSession, "The session.")},
    )
    def get(self, request: Request, id: str) -> HttpResponse:
        read_query(Parameters, request.query_params)
        organization = caller_of(request).organization
        return answer(get_expected_session(organization, id_in(id, NOUN)))
