"""One POST of the upload: whose it is, what may be stored of it."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts import keys
from accounts.key_check import KeyCheck
from integrations import request_body
from integrations.delivery_log import append as delivery_log
from integrations.delivery_log.append import Arrival
from integrations.ingest.webhook import user_agent_of
from integrations.livekit_upload.addresses import SESSIONS, UploadAddress
from integrations.models import Delivery
from integrations.problems import Refusal
from integrations.providers.livekit.upload import KIND
from web.json_bounds import OverBounds, check_bounds
from web.request_id import request_id_of
from web.storable_text import replace_unstorable

PROVIDER = "livekit"
# Of a refusal: in how many seconds it is to come again, which a protobuf then says.
RETRY_AFTER = "Retry-After"
MAX_ISSUER_CHARACTERS = 100
_SIGNED_TOKEN = re.compile(r"eyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]*", re.ASCII)
KEY_OVER = "This upload URL was revoked or has expired. Create another one."


@dataclass(slots=True)
class Post:
    """A POST whose token is known: the request, its address and the check of its key.

    external_id: of its call, once that was read.
    """

    request: HttpRequest
    address: UploadAddress
    check: KeyCheck
    external_id: str = ""

    def arrival(self) -> Arrival:
        """Return what is known of it for the log, before anything is read."""
        assert self.check.organization_id is not None  # noqa: S101 - the key is known
        return Arrival(
            organization_id=self.check.organization_id,
            key_id=self.check.key_id,
            request_id=request_id_of(self.request),
            user_agent=user_agent_of(self.request),
            provider=PROVIDER,
            agent_reference=replace_unstorable(self.address.agent),
            external_id=self.external_id,
            source=Delivery.Source.LIVEKIT_SESSION
            if self.address.signal == SESSIONS
            else Delivery.Source.LIVEKIT_LOGS,
        )

    @property
    def issuer(self) -> str:
        """Return the name of the LiveKit API key that the SDK signed its token with;
        empty where there is none. Nothing checks it, and nothing of the token is kept.
        """
        _, _, token = self.request.headers.get("Authorization", "").partition(" ")
        claims = token.split(".")[1:2]
        try:
            padded = claims[0] + "=" * (-len(claims[0]) % 4) if claims else ""
            found = json.loads(base64.urlsafe_b64decode(padded.encode()))
        except (ValueError, binascii.Error, RecursionError):
            return ""
        issuer = found.get("iss") if isinstance(found, dict) else None
        text = issuer if isinstance(issuer, str) else ""
        return replace_unstorable(keys.without_keys(text[:MAX_ISSUER_CHARACTERS]))


def store(arrival: Arrival, kind: str, content: dict[str, Any], source: str) -> None:
    """Append a piece of a session to the log and commit.

    content: what its body says beside its kind. source: of `Delivery.Source`.

    Raises:
        Refusal: it is too large, or the key is no longer good.
    """
    body = as_body(kind, content)
    limit = settings.MAX_BODY_BYTES
    if len(body) > limit:
        raise Refusal(413, f"What it says of one session is over {limit:,} bytes.")
    try:
        # The worker reads it within these, too.
        check_bounds(body, request_body.bounds())
    except OverBounds as over:
        fault = request_body.too_much(over, "What it says of one session")
        raise Refusal(fault.status, fault.detail) from over
    arrival.body, arrival.size, arrival.source = body, len(body), source
    if delivery_log.store(arrival, agent_id=None) is None:
        raise Refusal(401, KEY_OVER)


def as_body(kind: str, content: dict[str, Any]) -> bytes:
    """Return a body for the log; keys that a line of a log quotes are masked in it, and
    the tokens of the SDK, with which one may write to the sender's LiveKit project.
    """
    text = json.dumps(
        {KIND: kind, **content}, ensure_ascii=False, separators=(",", ":")
    )
    text = _SIGNED_TOKEN.sub("eyJ…", keys.without_keys(text))
    return replace_unstorable(text).encode()
