from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from api.deliveries import (
    Delivery,
    DeliveryList,
    DeliveryParameters,
    DeliveryWithBody,
    ReplayParameters,
    get_delivery,
    list_deliveries,
)
from api.drf_hooks import caller_of
from api.parameters import Parameters, read_query
from api.replays import replay
from api.resources import answer, id_in
from api.schema.operations import operation
from api.views.endpoint import Endpoint

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
        asked = read_query(DeliveryParameters, request.query_params)
        part = list_deliveries(caller_of(request).organization, asked)
        return answer(DeliveryList(data=part.rows, next_cursor=part.next_cursor))


class DeliveryView(Endpoint):
    @operation(
        "getDelivery",
        "One delivery, with its body",
        tag=TAG,
        description="As it arrived, and what became of it.",
        has_id=True,
        conditional=True,
        gives={200: (DeliveryWithBody, "The delivery.")},
    )
    def get(self, request: Request, id: str) -> HttpResponse:
        read_query(Parameters, request.query_params)
        organization = caller_of(request).organization
        return answer(get_delivery(organization, id_in(id, NOUN)))


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
        asked = read_query(ReplayParameters, request.query_params)
        caller = caller_of(request)
        return answer(replay(caller, id_in(id, NOUN), asked.provider), 202)
