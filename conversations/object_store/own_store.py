"""Addresses of objects in an organization's store: which are of it, and how they are
opened.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

from django.utils import timezone

from conversations.models import RecordingStore

ALGORITHM = "AWS4-HMAC-SHA256"
EXPIRES_SECONDS = 3600
AMAZON = re.compile(r"s3[a-z0-9.-]*\.amazonaws\.com(\.cn)?", re.IGNORECASE)
# What characters of a path an address may have as they are.
PLAIN_PATH = "/-_.~"
ENCODED_PATH = PLAIN_PATH + "%!$&'()*+,;=:@"


class SecretUnreadable(Exception):
    """The secret of the store was encrypted with another `SECRET_KEY`."""


def openable(organization_id: UUID, address: str) -> str:
    """Return the address under which a recording can be fetched: a signed one where it
    lies in the organization's store, else the address itself.

    Raises:
        SecretUnreadable: it lies there, and the secret cannot be read.
    """
    store = RecordingStore.objects.filter(organization_id=organization_id).first()
    key = key_in(store, address) if store else None
    if store is None or key is None:
        return address
    return signed_address(store, key, timezone.now())


def key_in(store: RecordingStore, address: str) -> str | None:
    """Return the key of an object of this store; None for what does not lie in it, or is
    signed already.

    LiveKit's egress writes keys as they are, not encoded, and puts whatever was entered
    as the endpoint behind the bucket's name, its scheme included
    (livekit/storage, s3.go).
    """
    scheme, separator, rest = address.partition("://")
    if not separator or "?" in rest:
        return None
    if scheme.lower() == "s3":
        bucket, _, key = rest.partition("/")
        return _decoded(key) if bucket == store.bucket and key else None
    if scheme.lower() not in {"http", "https"}:
        return None
    in_host = rest.removeprefix(f"{store.bucket}.")
    if in_host != rest:
        host, _, key = _without_scheme(in_host).partition("/")
    else:
        host, _, path = rest.partition("/")
        bucket, _, key = path.partition("/")
        if bucket != store.bucket:
            return None
    return _decoded(key) if key and _is_host_of(store, host) else None


def _without_scheme(text: str) -> str:
    return re.sub(r"^https?://", "", text)


def _is_host_of(store: RecordingStore, host: str) -> bool:
    host = host.lower()
    if host in (store.host, store.host.partition(":")[0]):
        return True
    return bool(AMAZON.fullmatch(host) and AMAZON.fullmatch(store.host))


def _decoded(key: str) -> str:
    """Return a key as the store knows it: what is encoded already is decoded."""
    return unquote(key) if quote(key, safe=ENCODED_PATH) == key else key


def signed_address(store: RecordingStore, key: str, now: datetime) -> str:
    """Return an address under which anybody may GET an object for an hour.

    now: aware.

    Source: AWS Signature Version 4, authenticating requests by query parameters.

    Raises:
        SecretUnreadable: the secret of the store cannot be read.
    """
    if store.secret is None:
        raise SecretUnreadable
    base = urlsplit(store.base)
    host, path = base.netloc, f"/{store.bucket}/{key}"
    if not store.is_path_style:
        host, path = f"{store.bucket}.{base.netloc}", f"/{key}"
    path = quote(path, safe=PLAIN_PATH)
    moment = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{moment[:8]}/{store.signing_region}/s3/aws4_request"
    query = "&".join(
        f"{name}={quote(value, safe='-_.~')}"
        for name, value in (
            ("X-Amz-Algorithm", ALGORITHM),
            ("X-Amz-Credential", f"{store.access_key}/{scope}"),
            ("X-Amz-Date", moment),
            ("X-Amz-Expires", str(EXPIRES_SECONDS)),
            ("X-Amz-SignedHeaders", "host"),
        )
    )
    request = f"GET\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    digest = hashlib.sha256(request.encode()).hexdigest()
    signature = _sign(store, scope, f"{ALGORITHM}\n{moment}\n{scope}\n{digest}")
    return f"{base.scheme}://{host}{path}?{query}&X-Amz-Signature={signature}"


def _sign(store: RecordingStore, scope: str, text: str) -> str:
    key = f"AWS4{store.secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
