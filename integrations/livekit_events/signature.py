"""The signature of an event: a token that LiveKit's server signs with the secret of an
API key, and that holds the hash of the body
(https://docs.livekit.io/home/server/webhooks).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import warnings
from collections.abc import Mapping
from typing import Any

import jwt
from jwt.exceptions import (
    ExpiredSignatureError,
    ImmatureSignatureError,
    InvalidSignatureError,
    InvalidTokenError,
    MissingRequiredClaimError,
)
from jwt.warnings import InsecureKeyLengthWarning

from web.storable_text import replace_unprintable

# LiveKit's tokens are valid for five minutes from its own clock. A clock that is wrong by
# less than this is no fault; whatever is sent again meanwhile is the same event.
LEEWAY_SECONDS = 300
MAX_TOKEN_CHARACTERS = 8192
MAX_QUOTED_CHARACTERS = 60
_OPTIONS: Any = {
    "require": ["exp", "iss"],
    **dict.fromkeys(("verify_aud", "verify_iat", "verify_sub", "verify_jti"), False),
}

NOTHING_SENT = "The request had no Authorization header with a token."
MALFORMED = "The Authorization header held no token of LiveKit's."
DOES_NOT_FIT = (
    "The signature does not fit the secret of the API key {}: was the secret replaced, "
    "or entered with a mistake?"
)
UNKNOWN_KEY = (
    "It was signed with the API key {}, which this project does not have here. Is it the "
    "api_key under webhook in livekit.yaml?"
)
UNREADABLE = "The secret of {} can no longer be read, since SECRET_KEY was changed: enter it again."
EXPIRED = "The token had expired: the clocks of LiveKit and Zelto differ by minutes."
TOO_EARLY = (
    "The token is of a time that has not come yet: the clocks of LiveKit and Zelto differ "
    "by minutes."
)
WRONG_BODY = "The body is not the one that was signed: something between changed it."

# A server in development has the secret `secret`; how long it is, is not ours to say.
warnings.filterwarnings("ignore", category=InsecureKeyLengthWarning)


class BadSignature(Exception):
    """Why a request is not taken for LiveKit's: a sentence for the project's page."""


def verify(
    authorization: str | None, body: bytes, credentials: Mapping[str, str | None]
) -> None:
    """Check that a body was signed with one of these credentials.

    authorization: the header; LiveKit sends the token alone, without a scheme.
    credentials: secrets by API key; None where one cannot be read.

    Raises:
        BadSignature: it was not.
    """
    claims = _claims(_token_in(authorization), credentials)
    told = claims.get("sha256")
    digest = base64.b64encode(hashlib.sha256(body).digest())
    if not hmac.compare_digest(str(told).encode(errors="replace"), digest):
        raise BadSignature(WRONG_BODY)


def _token_in(authorization: str | None) -> str:
    token = (authorization or "").strip()
    if token[:7].lower() == "bearer ":
        token = token[7:].strip()
    if not token:
        raise BadSignature(NOTHING_SENT)
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise BadSignature(MALFORMED)
    return token


def _claims(token: str, credentials: Mapping[str, str | None]) -> dict[str, Any]:
    if len(credentials) == 1:
        # Most have one: then its token is read once.
        ((api_key, secret),) = credentials.items()
    else:
        api_key = _issuer(token)
        secret = credentials.get(api_key)
    if secret is None:
        raise BadSignature(_why_no_secret(_issuer(token), credentials))
    claims = _decode(token, api_key, secret)
    if claims["iss"] != api_key:
        raise BadSignature(UNKNOWN_KEY.format(_quoted(claims["iss"])))
    return claims


def _decode(token: str, api_key: str, secret: str) -> dict[str, Any]:
    try:
        return jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            leeway=LEEWAY_SECONDS,
            options=_OPTIONS,
        )
    except ExpiredSignatureError:
        raise BadSignature(EXPIRED) from None
    except ImmatureSignatureError:
        raise BadSignature(TOO_EARLY) from None
    except InvalidSignatureError:
        issuer = _issuer(token)
        told = DOES_NOT_FIT if issuer == api_key else UNKNOWN_KEY
        raise BadSignature(told.format(_quoted(issuer))) from None
    except (MissingRequiredClaimError, InvalidTokenError, ValueError, RecursionError):
        raise BadSignature(MALFORMED) from None


def _why_no_secret(api_key: str, credentials: Mapping[str, str | None]) -> str:
    told = UNREADABLE if api_key in credentials else UNKNOWN_KEY
    return told.format(_quoted(api_key))


def _issuer(token: str) -> str:
    # Nothing is proven by that.
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except (InvalidTokenError, ValueError, RecursionError):
        raise BadSignature(MALFORMED) from None
    issuer = claims.get("iss")
    if not isinstance(issuer, str):
        raise BadSignature(MALFORMED)
    return issuer


def _quoted(api_key: object) -> str:
    return replace_unprintable(str(api_key)[:MAX_QUOTED_CHARACTERS])
