"""What each answer of the webhook means, and what to do about it: one wording for the
status cards, the delivery tables and the troubleshooting table."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Advice:
    """What an answer means, and what to do about it, in sentences.

    status: as the webhook answers it; 0 is a delivery that could not be read later.
    """

    status: int
    meaning: str
    action: str


# `limit` is filled in.
_ANSWERS = (
    Advice(
        200,
        "Stored.",
        "Nothing. Warnings in the answer name what was cut or dropped.",
    ),
    Advice(
        400,
        "The body is not a JSON object, or X-Zelto-Provider has an unknown value.",
        "Send one JSON object in UTF-8, and check the header for a typo.",
    ),
    Advice(
        401,
        "The key is missing, mistyped, unknown, expired or revoked; the answer "
        "says which.",
        "Put a key that works into ZELTO_API_KEY where the worker runs, then "
        "restart the worker.",
    ),
    Advice(
        403,
        "The key may only read.",
        "Use a key with the scope full access or ingest only.",
    ),
    Advice(
        411,
        "The request does not say how long its body is.",
        "Send a Content-Length header; HTTP clients do so for a plain body.",
    ),
    Advice(
        413,
        "The body is over {limit} after decompression.",
        "Leave out audio and the report's events, and link the recording with "
        "call.recordingUrl.",
    ),
    Advice(
        415,
        "The content type is not JSON, or the encoding is not gzip.",
        "Send Content-Type: application/json, and no Content-Encoding but gzip.",
    ),
    Advice(
        422,
        "A field that Zelto cannot do without does not fit; the answer names it.",
        "Correct that field in the worker's code. The transcript of a refused "
        "session is not in Zelto until it is sent again.",
    ),
    Advice(
        429,
        "More posts in a minute than this organization may send.",
        "Send it again after the seconds in Retry-After. The worker code of the "
        "LiveKit page does so by itself.",
    ),
    Advice(
        503,
        "Zelto could not store it just now.",
        "Send it again after a moment. The worker code of the LiveKit page does so "
        "by itself.",
    ),
)


# Of LiveKit's own upload, which sends nothing again after these.
_UPLOAD_ANSWERS = {
    400: Advice(
        400,
        "The upload cannot be read.",
        "Where it ended early, the worker was stopped or lost its connection while it "
        "uploaded: give it longer to shut down. Of a session, what its log brought is "
        "shown.",
    ),
    401: Advice(
        401,
        "The key in the upload URL was revoked or has expired.",
        "Create another upload URL, set it where the worker runs, then restart the "
        "worker.",
    ),
    403: Advice(
        403,
        "The key in the upload URL may do more than post.",
        "Create an upload URL on the LiveKit page: its key may only post.",
    ),
    413: Advice(
        413,
        "The upload is too large.",
        "What its log brought is shown. Whoever runs Zelto can raise the limit.",
    ),
}


def upload_advice(status: int) -> Advice:
    """Return what to do about an upload of LiveKit's own SDK that was refused."""
    return _UPLOAD_ANSWERS.get(
        status,
        Advice(status, "Refused.", "Read the reason; it says what did not fit."),
    )


def answers() -> list[Advice]:
    """Return every answer of `POST /webhooks/calls`, for the troubleshooting table."""
    limit = f"{settings.MAX_BODY_BYTES / (1024 * 1024):g} MiB"
    return [replace(one, meaning=one.meaning.format(limit=limit)) for one in _ANSWERS]


FAILED = Advice(
    0,
    "Stored, but no conversation could be made of it.",
    "Nothing is lost: its body is kept. Correct what the reason names, then send the "
    "session again.",
)


def advice_for(*, status: int, failed: bool) -> Advice:
    """Return what to do about one delivery.

    failed: whether it was accepted, and no conversation could be made of it.
    """
    if failed:
        return FAILED
    known = {one.status: one for one in answers()}
    return known.get(
        status,
        Advice(status, "Refused.", "Read the reason; it says what did not fit."),
    )
