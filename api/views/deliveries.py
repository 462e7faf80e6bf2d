"""`/v1/deliveries`."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from api.deliveries import (
    Delivery,
    DeliveryList,
    DeliveryParameters,
    DeliveryWithBody,
    ReplayParameters,
    find_delivery,
    list_deliveries,
    with_body,
)
from api.drf_hooks import caller_of, plain
from api.parameters import Parameters, read_query
from api.resources import answer, id_in
from api.schema.operations import operation
from api.views.endpoint import Endpoint
from api.writes.replays import replay
from integrations.deliveries.body_openings import record_body_opening
from web.server.head_requests import is_head

TAG = "Deliveries"
NOUN = "delivery"


class DeliveriesView(Endpoint):
    @operation(
        "listDeliveries",
        "The delivery log",
        tag=TAG,
        description="Every post of the organization's keys, newest first. A page may be "
        "short, or empty, although there is a `nextCursor`: only so many rows are looked "
        "through at once.",
        conditional=True,
        asks=DeliveryParameters,
        gives={200: (DeliveryList, "A page of it.")},
    )
    def get(self, request: Request) -> HttpResponse:
        parameters = read_query(DeliveryParameters, request.query_params)
        part = list_deliveries(caller_of(request).organization, parameters)
        return answer(DeliveryList(data=part.rows, next_cursor=part.next_cursor))


class DeliveryView(Endpoint):
    @operation(
        "getDelivery",
        "One delivery, with its body",
        tag=TAG,
        description="As it arrived, and what became of it. Each key's reading of a body "
        "is in the audit log.",
        has_id=True,
        conditional=True,
        gives={200: (DeliveryWithBody, "The delivery.")},
    )
    def get(self, request: Request, id: str) -> HttpResponse:
        read_query(Parameters, request.query_params)
        caller = caller_of(request)
        row = find_delivery(caller.organization, id_in(id, NOUN))
        if not is_head(plain(request)):
            record_body_opening(
                organization=caller.organization,
                delivery=row,
                by=None,
                key=caller.key,
            )
        return answer(with_body(row))


class ReplayView(Endpoint):
    @operation(
        "replayDelivery",
        "Process a delivery again",
        tag=TAG,
        description="Of a processed one the conversation is made again from the log, a "
        "failed one is tried again, a rejected one is checked as at the door and becomes "
        "a new delivery. Charges nothing. Needs a key of the scope `full`.",
        has_id=True,
        asks=ReplayParameters,
        gives={202: (Delivery, "The delivery that stands for it from now on.")},
        refuses=(409, 422),
    )
    def post(self, request: Request, id: str) -> HttpResponse:
        parameters = read_query(ReplayParameters, request.query_params)
        caller = caller_of(request)
        return answer(replay(caller, id_in(id, NOUN), parameters.provider), 202)
