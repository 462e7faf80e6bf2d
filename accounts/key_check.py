"""The check of a request's `Authorization` header.

The webhook, REST and MCP run it once per request; a malformed key costs no query.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from accounts import keys
from accounts.models import ApiKey
from web.db_cursor import server_binding_cursor

# One narrow row through the unique index. The database's clock decides, not that of
# whichever machine serves; and not the start of a transaction, which may be long ago.
_LOOK_UP = f"""
    SELECT id, organization_id, scope, revoked_at IS NOT NULL,
           COALESCE(expires_at <= statement_timestamp(), FALSE)
    FROM {ApiKey._meta.db_table}
    WHERE digest = %s
"""  # noqa: S608


class KeyOutcome(StrEnum):
    """What the check of a header found."""

    MISSING = "missing"
    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """The result of a check. The ids are also there for an expired or revoked key."""

    outcome: KeyOutcome
    # One sentence that a person can act on; never the key.
    detail: str
    key_id: UUID | None = None
    organization_id: UUID | None = None
    scope: ApiKey.Scope | None = None

    @property
    def refused(self) -> bool:
        return self.outcome is not KeyOutcome.GOOD

    @property
    def may_post(self) -> bool:
        return not self.refused and self.scope in ApiKey.POSTING_SCOPES

    @property
    def may_read(self) -> bool:
        return not self.refused and self.scope in {ApiKey.Scope.FULL, ApiKey.Scope.READ}

    @property
    def may_write(self) -> bool:
        """Tell whether the key may change what the organization stores, by REST."""
        return not self.refused and self.scope == ApiKey.Scope.FULL


MAX_REMEMBERED = 1000
# By digest, of this process: what was good at its last check.
_found_good: dict[bytes, KeyCheck] = {}

MISSING = KeyCheck(
    KeyOutcome.MISSING,
    "There is no API key. Send the header: Authorization: Bearer <your API key>.",
)
NOT_BEARER = KeyCheck(
    KeyOutcome.MALFORMED,
    "The Authorization header must read: Bearer <your API key>.",
)
EMPTY = KeyCheck(
    KeyOutcome.MALFORMED,
    "There is no API key after Bearer. Is ZELTO_API_KEY set where the worker runs?",
)
MALFORMED = KeyCheck(
    KeyOutcome.MALFORMED,
    "This is not a Zelto API key, or part of it is missing or mistyped. "
    f"A key begins with {keys.PREFIX} and is copied whole.",
)
UNKNOWN = KeyCheck(
    KeyOutcome.UNKNOWN,
    "No organization here has this API key. Was it made on another Zelto? "
    "Create one under Settings, Integrations.",
)
REVOKED = "This API key was revoked. Create another one under Settings, Integrations."
EXPIRED = "This API key has expired. Create another one under Settings, Integrations."
GOOD = "This API key is good."


def check_key(authorization_header: str | None) -> KeyCheck:
    """Return what the header is worth, with one query where it holds a well-formed key."""
    text = key_in(authorization_header)
    if isinstance(text, KeyCheck):
        return text
    digest = keys.digest(text)
    _found_good.pop(digest, None)
    with server_binding_cursor() as cursor:
        cursor.execute(_LOOK_UP, [digest])
        row = cursor.fetchone()
    if row is None:
        return UNKNOWN
    key_id, organization_id, scope, is_revoked, is_expired = row
    outcome, detail = KeyOutcome.GOOD, GOOD
    if is_revoked:
        outcome, detail = KeyOutcome.REVOKED, REVOKED
    elif is_expired:
        outcome, detail = KeyOutcome.EXPIRED, EXPIRED
    check = KeyCheck(outcome, detail, key_id, organization_id, ApiKey.Scope(scope))
    if not check.refused:
        if len(_found_good) >= MAX_REMEMBERED:
            _found_good.clear()
        _found_good[digest] = check
    return check


def remembered(authorization_header: str | None) -> KeyCheck | None:
    """Return what this process last found a good key to be, without I/O.

    The key may be revoked by now: only for callers that check it again in the statement
    that writes, and before they refuse.
    """
    text = key_in(authorization_header)
    return None if isinstance(text, KeyCheck) else _found_good.get(keys.digest(text))


def key_in(authorization_header: str | None) -> str | KeyCheck:
    """Return the text of a well-formed key, or why the header holds none, without I/O."""
    header = (authorization_header or "").replace("\t", " ").strip(" ")
    if not header:
        return MISSING
    scheme, _, rest = header.partition(" ")
    text = rest.strip(" ")
    if scheme.lower() != "bearer":
        return NOT_BEARER
    if not text:
        return EMPTY
    if not keys.is_well_formed(text):
        return MALFORMED
    return text
