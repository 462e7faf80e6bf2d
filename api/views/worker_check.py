"""`GET /v1/worker-check`: what `zelto-livekit doctor` asks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from pydantic import Field
from rest_framework.request import Request

from api.drf_hooks import caller_of
from api.parameters import Parameters, Text, read_query
from api.resources import Resource, answer
from api.schema.operations import operation
from api.views.endpoint import Endpoint
from integrations.worker_package.posted_calls import CallState, state_of_call
from integrations.worker_package.wheel import current_wheel

DESCRIPTION = """\
Says of the key alone what it is, and which package for LiveKit workers this instance
hands out. With `call` also whether a session that this very key posted within the last
hour has arrived; nothing of what is in it. Needs a key of the scope `full` or `ingest`.
"""


class WorkerPackage(Resource):
    """The package for LiveKit workers, as this instance hands it out."""

    version: str = Field(description="Its version.", examples=["0.1.0"])
    sha256: str = Field(
        description="Of the wheel, in hexadecimal digits.",
        examples=["6ca47e410b8e83933be27f6ec2ac6ce9ac64e4804c670848bbcb00989f5bfaa1"],
    )
    url: str = Field(
        description="Where pip installs it from.",
        examples=[
            "https://zelto.example.com/worker/zelto_livekit-0.1.0-py3-none-any.whl"
        ],
    )


class CheckedCall(Resource):
    """A session that this key posted."""

    state: CallState = Field(
        description="`arrived`: it is a conversation; `processing`: stored, and not "
        "processed yet; `failed`: no conversation could be made of it; `unknown`: this "
        "key posted none of this id within the last hour.",
        examples=["arrived"],
    )


class WorkerCheck(Resource):
    """What a key is, and what the worker should have."""

    organization: str = Field(description="Its name.", examples=["Acme"])
    key: str = Field(
        description="What the key is called.", examples=["livekit-prod-worker"]
    )
    scope: str = Field(description="`ingest` or `full`.", examples=["ingest"])
    time: datetime = Field(
        description="Zelto's clock, UTC.", examples=["2026-11-22T12:31:49.120000Z"]
    )
    worker: WorkerPackage = Field(description="What pip installs.")
    call: CheckedCall | None = Field(description="Null where none was asked for.")


class WorkerCheckParameters(Parameters):
    call: Text | None = Field(
        None,
        description="`call.externalId` of a session that this key posted.",
        examples=["AJ_4fQxK2"],
    )


class WorkerCheckView(Endpoint):
    def get_permissions(self) -> Any:
        """Return none: it needs another scope, and checks it itself."""
        return []

    @operation(
        "checkWorker",
        "Check a worker's key",
        tag="Sessions",
        description=DESCRIPTION,
        asks=WorkerCheckParameters,
        gives={200: (WorkerCheck, "The key is good.")},
    )
    def get(self, request: Request) -> HttpResponse:
        caller = caller_of(request)
        caller.require_posting()
        asked = read_query(WorkerCheckParameters, request.query_params)
        wheel = current_wheel()
        call = None
        if asked.call is not None:
            call = CheckedCall(state=state_of_call(caller.key, asked.call))
        return answer(
            WorkerCheck(
                organization=caller.organization.name,
                key=caller.key.name,
                scope=caller.key.scope,
                time=timezone.now(),
                worker=WorkerPackage(
                    version=wheel.version, sha256=wheel.sha256, url=wheel.url
                ),
                call=call,
            )
        )
