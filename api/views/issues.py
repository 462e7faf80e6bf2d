"""`/v1/issues`."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from api.drf_hooks import caller_of
from api.monitoring.issues import (
    IssueList,
    IssueParameters,
    IssueWithChanges,
    get_issue,
    list_issues,
)
from api.parameters import Parameters, read_query
from api.resources import answer, id_in
from api.schema.operations import operation
from api.views.endpoint import Endpoint

TAG = "Issues"
NOUN = "issue"


class IssuesView(Endpoint):
    @operation(
        "listIssues",
        "What is wrong",
        tag=TAG,
        description="Agents that are silent, sessions that are refused or missing, keys "
        "that expire, and so on, each with its cause: one issue for one cause, newest "
        "first. `state=open` is what needs somebody now. Issues of Zelto itself (disk, "
        "queue, workers) are told to keys that an owner made.",
        conditional=True,
        asks=IssueParameters,
        gives={200: (IssueList, "A page of them.")},
    )
    def get(self, request: Request) -> HttpResponse:
        parameters = read_query(IssueParameters, request.query_params)
        part = list_issues(caller_of(request).key, parameters)
        return answer(IssueList(data=part.rows, next_cursor=part.next_cursor))


class IssueView(Endpoint):
    @operation(
        "getIssue",
        "One issue",
        tag=TAG,
        description="What is wrong, and each step of its life.",
        has_id=True,
        conditional=True,
        gives={200: (IssueWithChanges, "The issue.")},
    )
    def get(self, request: Request, id: str) -> HttpResponse:
        read_query(Parameters, request.query_params)
        return answer(get_issue(caller_of(request).key, id_in(id, NOUN)))
