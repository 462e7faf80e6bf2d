"""Descriptions of endpoints: every parameter, every status."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from pydantic import BaseModel

from api.parameters import Parameters
from api.problem_body import Problem
from api.schema.models import described

View = TypeVar("View", bound=Callable[..., Any])

PROBLEM = "application/problem+json"
# What is not JSON.
AUDIO = "audio/*"
REFUSALS = {
    400: "A parameter is not known or does not fit; `errors` names it.",
    401: "The key is missing, malformed, unknown, expired or revoked: `detail` says which.",
    403: "The scope of the key does not cover this.",
    404: "The key's organization has no such thing.",
    409: "It cannot be done as things are; `detail` says why.",
    411: "There is no `Content-Length`.",
    413: "The body is too large; `detail` says the limit.",
    415: "Another content type or encoding.",
    416: "The range is not within it; `Content-Range` says how many bytes there are.",
    422: "A field does not fit; `errors` names each.",
    429: "Over the organization's rate; see `Retry-After`.",
    500: "A fault of Zelto's; its log has the `requestId`.",
    503: "It cannot be had just now, as where the database is away; see `Retry-After`.",
}
ALWAYS = (400, 401, 403, 500, 503)
REQUEST_ID = OpenApiParameter(
    "X-Request-Id",
    str,
    OpenApiParameter.HEADER,
    response=True,
    description="Also in Zelto's log.",
)
WWW_AUTHENTICATE = OpenApiParameter(
    "WWW-Authenticate",
    str,
    OpenApiParameter.HEADER,
    response=[401],
    description="Always `Bearer`.",
)
RETRY_AFTER = OpenApiParameter(
    "Retry-After",
    int,
    OpenApiParameter.HEADER,
    response=[429, 503],
    description="Seconds.",
)
RATE_LIMITS = [
    OpenApiParameter(
        "RateLimit-Policy",
        str,
        OpenApiParameter.HEADER,
        response=[200, 429],
        description="Where the operator has set a limit: posts (`q`) of the "
        'organization in so many seconds (`w`), as `"posts";q=600;w=60`.',
    ),
    OpenApiParameter(
        "RateLimit",
        str,
        OpenApiParameter.HEADER,
        response=[200, 429],
        description="Where the operator has set a limit: what is left of it (`r`), and "
        'the seconds until it begins anew (`t`), as `"posts";r=599;t=42`.',
    ),
]
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    {"type": "string", "examples": ['"64a5d4bd23de931dbf4a2ac33f82ce94"']},
    OpenApiParameter.HEADER,
    description="The `ETag` of an earlier answer: 304 where nothing has changed.",
)
ETAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    response=[200, 206, 304],
    description="Of this answer; send it as `If-None-Match`.",
)
ID = OpenApiParameter(
    "id",
    {
        "type": "string",
        "format": "uuid",
        "examples": ["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e21"],
    },
    OpenApiParameter.PATH,
    description="Its `id`, from a list.",
)


def operation(
    name: str,
    summary: str,
    *,
    tag: str,
    description: str,
    gives: Mapping[int, tuple[type[BaseModel] | OpenApiTypes | None, str]],
    asks: type[Parameters] = Parameters,
    body: type[BaseModel] | None = None,
    multipart: dict[str, Any] | None = None,
    sends: str | None = None,
    refuses: tuple[int, ...] = (),
    conditional: bool = False,
    has_id: bool = False,
    further: Sequence[OpenApiParameter] = (),
) -> Callable[[View], View]:
    """Describe a method of a view.

    gives: model and text of each answer where all is well, by status.
    refuses: statuses besides `ALWAYS`.
    multipart: the schema of a body of parts. sends: the content type of one that is
        bytes.
    further: parameters that `asks` does not describe.
    """
    headers = [REQUEST_ID, WWW_AUTHENTICATE, RETRY_AFTER]
    if conditional:
        headers += [IF_NONE_MATCH, ETAG]
        gives = {**gives, 304: (None, "As it was when it had this `ETag`.")}
    ids = [ID] if has_id else []
    refusals = sorted({*ALWAYS, *refuses, *([404] if ids else [])})
    return extend_schema(
        operation_id=name,
        summary=summary,
        description=description,
        tags=[tag],
        parameters=[*ids, *parameters_of(asks), *further, *headers],
        request=_body(body, multipart, sends),
        responses=_responses(gives, refusals),
    )


def _body(
    model: type[BaseModel] | None, multipart: dict[str, Any] | None, sends: str | None
) -> Any:
    if multipart:
        return {"multipart/form-data": multipart}
    return {sends: OpenApiTypes.BINARY} if sends else model


def _responses(
    gives: Mapping[int, tuple[type[BaseModel] | OpenApiTypes | None, str]],
    refusals: Sequence[int],
) -> dict[Any, OpenApiResponse]:
    answers: dict[Any, OpenApiResponse] = {
        (status, AUDIO) if model is OpenApiTypes.BINARY else status: (
            OpenApiResponse(model, description=text)
        )
        for status, (model, text) in gives.items()
    }
    problems = {
        (status, PROBLEM): OpenApiResponse(Problem, description=REFUSALS[status])
        for status in refusals
    }
    return {**answers, **problems}


def parameters_of(model: type[Parameters]) -> list[OpenApiParameter]:
    """Return the query parameters that a model describes."""
    schema = described(model, mode="validation")
    required = schema.get("required", [])
    return [
        _parameter(name, field, required=name in required)
        for name, field in schema["properties"].items()
        # An object has no one name in an address; who takes one describes it.
        if field.get("type") != "object"
    ]


def _parameter(name: str, field: dict[str, Any], *, required: bool) -> OpenApiParameter:
    text = field.pop("description", "")
    ways = [way for way in field.get("anyOf", []) if way != {"type": "null"}]
    if len(ways) == 1:
        del field["anyOf"]
        field |= ways[0]
    elif ways:
        field["anyOf"] = ways
    return OpenApiParameter(
        name,
        field,
        OpenApiParameter.QUERY,
        required=required,
        description=text,
    )
