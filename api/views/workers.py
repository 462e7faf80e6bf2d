"""`/v1/workers`."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from api.drf_hooks import caller_of
from api.monitoring.workers import WorkerList, WorkerParameters, list_workers
from api.parameters import read_query
from api.resources import answer
from api.schema.operations import operation
from api.views.endpoint import Endpoint

TAG = "Workers"


class WorkersView(Endpoint):
    @operation(
        "listWorkers",
        "Hosts that forward",
        tag=TAG,
        description="Each host on which a worker with the package `zelto-livekit` runs, "
        "as the package tells of it: versions, when it forwarded last, what waits in its "
        "outbox.",
        conditional=True,
        refuses=(404,),
        asks=WorkerParameters,
        gives={200: (WorkerList, "A page of them.")},
    )
    def get(self, request: Request) -> HttpResponse:
        parameters = read_query(WorkerParameters, request.query_params)
        part = list_workers(caller_of(request).organization, parameters)
        return answer(WorkerList(data=part.rows, next_cursor=part.next_cursor))
