"""`PUT /v1/calls/<provider>/<externalId>/recording`."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from pydantic import Field, PlainValidator, WithJsonSchema
from rest_framework.request import Request

from accounts.key_check import check_key
from api.caller import unauthorized
from api.drf_hooks import caller_of, plain
from api.parameters import Parameters, read_query
from api.resources import Resource, answer
from api.schema.operations import operation
from api.uploads import arrival_of, log_refusal
from api.views.endpoint import Endpoint
from conversations.channel_roles import ROLES, stereo_roles
from conversations.models import Provider
from conversations.turn_values import moment_of
from integrations.delivery_log.append import Arrival
from integrations.models import Delivery
from integrations.problems import Refusal
from integrations.providers.scalars import reject
from integrations.uploads.call_audio import (
    UNKNOWN_CALL,
    CallAudio,
    KeyIsOver,
    reading_audio,
    take_call_audio,
)
from integrations.worker_wakeup import wake_worker
from web.iso_time import iso_microseconds
from web.storable_text import has_control_characters, is_storable

MAX_ID_CHARACTERS = 255
DESCRIPTION = """\
The audio of a call whose session is posted to the webhook, as the body itself, whatever
its `Content-Type`: streamed to disk, checked against `Content-Digest`, and stored before
the answer. It may come as soon as the session was taken, also before that is processed.
The same bytes again change nothing. Other bytes replace what is there once they are found
to be audio; until then, and where they are none, the old recording stays. It is in the log
like every post. Needs a key of the scope `full` or `ingest`.
"""
IN_PATH = [
    OpenApiParameter(
        "provider",
        {
            "type": "string",
            "enum": [one.value for one in Provider],
            "examples": ["livekit"],
        },
        OpenApiParameter.PATH,
        description="Whose session it is, as `X-Zelto-Provider` named it.",
    ),
    OpenApiParameter(
        "external_id",
        {"type": "string", "maxLength": MAX_ID_CHARACTERS, "examples": ["AJ_4fQxK2"]},
        OpenApiParameter.PATH,
        description="The session's `call.externalId`; a slash in it as `%2F`.",
    ),
    OpenApiParameter(
        "Content-Digest",
        {
            "type": "string",
            "examples": ["sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"],
        },
        OpenApiParameter.HEADER,
        required=True,
        description="The SHA-256 of the body, in base64 between colons (RFC 9530).",
    ),
]


def read_channels(value: Any) -> list[str]:
    words = value.split(",") if isinstance(value, str) else []
    if not stereo_roles(words):
        reject(f"must be two of {', '.join(ROLES)}, one of each side", value)
    return [word.strip().lower() for word in words]


def read_moment(value: Any) -> str:
    try:
        # A plus sign that nobody escaped is a space.
        return iso_microseconds(
            moment_of(value.replace(" ", "+") if "T" in value else value)
        )
    except ValueError as misfit:
        reject(str(misfit), value)


class CallRecordingParameters(Parameters):
    started_at: (
        Annotated[
            str,
            PlainValidator(read_moment),
            WithJsonSchema({"type": "string", "format": "date-time"}),
        ]
        | None
    ) = Field(
        None,
        description="When the recording began, so that turns are placed in it.",
        examples=["2026-11-22T12:31:49.120000Z"],
    )
    channels: (
        Annotated[
            list[str],
            PlainValidator(read_channels),
            WithJsonSchema({"type": "string"}),
        ]
        | None
    ) = Field(
        None,
        description="Who is on which channel, left first.",
        examples=["customer,agent"],
    )


class StoredRecording(Resource):
    """What a recording that is stored is answered."""

    received: bool = Field(description="Always true.", examples=[True])


class CallRecordingView(Endpoint):
    http_method_names = ["put"]  # noqa: RUF012
    arrival: Arrival | None = None

    def get_permissions(self) -> Any:
        """Return none: it needs another scope, and checks it itself."""
        return []

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, Refusal):
            provider = str(self.kwargs.get("provider", ""))
            known = provider if provider in Provider.values else ""
            log_refusal(plain(self.request), exc, self.arrival, provider=known)
        return super().handle_exception(exc)

    @operation(
        "putCallRecording",
        "Send the audio of a call",
        tag="Sessions",
        description=DESCRIPTION,
        asks=CallRecordingParameters,
        further=IN_PATH,
        sends="application/octet-stream",
        gives={200: (StoredRecording, "It is stored, or was already.")},
        refuses=(404, 409, 411, 413),
    )
    def put(self, request: Request, provider: str, external_id: str) -> HttpResponse:
        sent = plain(request)
        caller = caller_of(request)
        is_provider = provider in Provider.values
        organization_id = caller.organization.pk
        arrival = arrival_of(
            sent, organization_id, caller.key.pk, provider if is_provider else ""
        )
        arrival.source = Delivery.Source.RECORDING
        self.arrival = arrival
        caller.require_posting()
        with reading_audio(sent, organization_id):
            said = read_query(CallRecordingParameters, request.query_params)
            if not is_provider or not is_reference(external_id):
                raise Refusal(404, UNKNOWN_CALL)
            arrival.external_id = external_id
            try:
                take_call_audio(
                    sent, arrival, CallAudio(said.channels, said.started_at)
                )
            except KeyIsOver:
                check = check_key(sent.headers.get("Authorization"))
                raise unauthorized(check) from None
        wake_worker()
        return answer(StoredRecording(received=True))


def is_reference(text: str) -> bool:
    """Tell whether a session may have this text as its `call.externalId`."""
    is_clean = is_storable(text) and not has_control_characters(text)
    return is_clean and 0 < len(text) <= MAX_ID_CHARACTERS
