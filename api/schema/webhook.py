"""The description of the webhook, beside REST.

`integrations.ingest.webhook` answers it, and its body is described by the very model
that it is checked against.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from pydantic import BaseModel, Field
from rest_framework.views import APIView

from api.problem_body import FieldFault
from api.schema.operations import RATE_LIMITS, operation
from conversations.providers import DEFAULT_PROVIDER
from integrations.providers import PROVIDERS
from integrations.providers.canonical.schema import CallBody

PATH = "/webhooks/calls"
DESCRIPTION = """\
Answered 200 only once the session is on disk. Posting a call again, under the same
`call.externalId` and provider, updates it and charges nothing; what is absent or null
keeps what was there.

Only the fields `call`, `call.externalId`, `agent.externalId`, `agentId`, `transcript`,
`transcript.turns` and the `role` of a turn refuse the post where they do not fit; every
other misfit is cut or dropped, and `warnings` name it. Unknown keys are ignored with a
warning. With `X-Zelto-Provider: livekit` the whole body may also be LiveKit's own session
report, as `make_session_report().to_dict()` gives it. Workers of LiveKit can also be set to
post without code, to another address: see the top of this description.

A slash at the end and doubled slashes count for nothing. Needs a key of the scope
`full` or `ingest`.
"""
HEADERS = [
    OpenApiParameter(
        "X-Zelto-Provider",
        {
            "type": "string",
            "enum": [*sorted(PROVIDERS), ""],  # empty means the default
            "default": DEFAULT_PROVIDER,
            "examples": ["livekit"],
        },
        OpenApiParameter.HEADER,
        description="Whose session it is; also the id space of `call.externalId`.",
    ),
    OpenApiParameter(
        "Content-Encoding",
        {"type": "string", "examples": ["gzip"]},
        OpenApiParameter.HEADER,
        description="`gzip`, or nothing; a word that names no compression counts for "
        "nothing, another compression is 415. The size limit is counted after "
        "decompression.",
    ),
]


class Received(BaseModel):
    """The receipt."""

    received: bool = Field(description="It is on disk.", examples=[True])
    warnings: list[FieldFault] | None = Field(
        None, description="What was cut or dropped; at most 100."
    )


class ReceiveCall(APIView):
    """A view that is never routed: it carries the description."""

    @operation(
        "receiveCall",
        "Post a finished session",
        tag="Sessions",
        description=DESCRIPTION,
        further=[*HEADERS, *RATE_LIMITS],
        body=CallBody,
        gives={200: (Received, "It is stored.")},
        refuses=(411, 413, 415, 422, 429),
    )
    def post(self, request: Any) -> None:
        raise NotImplementedError


Endpoints = Sequence[tuple[str, str, str, Any]]


def with_the_webhook(endpoints: Endpoints) -> Endpoints:
    """Return the endpoints that drf-spectacular found, and the webhook."""
    return [*endpoints, (PATH, f"^{PATH}$", "POST", ReceiveCall.as_view())]
