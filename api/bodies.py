"""The JSON body of a request, read by the same rules as the webhook's."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from api.drf_hooks import plain
from integrations import request_body
from integrations.problems import Refusal

# A change to an agent is a few kilobytes; whatever is longer is a mistake.
MAX_BODY_BYTES = 64 * 1024


def read_object(request: Request) -> dict[str, Any]:
    """Return the one JSON object of a request's body.

    Raises:
        Refusal: the body is too large, of another type or encoding, or no JSON object.
    """
    headers = request.headers
    try:
        envelope = request_body.check_type(
            headers.get("Content-Type"), headers.get("Content-Encoding"), None
        )
        data = plain(request).read(MAX_BODY_BYTES + 1)
        return request_body.parse(
            request_body.decompress(data, envelope.encoding, MAX_BODY_BYTES)
        )
    except request_body.BodyFault as fault:
        raise Refusal(fault.status, fault.detail) from fault
