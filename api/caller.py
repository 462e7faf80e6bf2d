"""The program that sends a request: its key, and through it the organization."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models.functions import Now
from django.http import HttpRequest

from accounts import key_check
from accounts.actions import touch_keys
from accounts.key_check import KeyCheck
from accounts.models import ApiKey, Organization
from integrations.problems import Refusal

# Its `last used` may lag by as much.
NOTED_EVERY = timedelta(minutes=1)

MAY_ONLY_POST = (
    "This key may only post sessions. Ask with a key of the scope full or read."
)
MAY_NOT_POST = "This key may only read. Upload with a key of the scope full or ingest."
MAY_ONLY_READ = "This key may only read. Ask with a key of the scope full."


@dataclass(frozen=True, slots=True)
class Caller:
    """A program with a good key."""

    check: KeyCheck
    key: ApiKey

    @property
    def organization(self) -> Organization:
        return self.key.organization

    def require(self, *, writes: bool) -> None:
        """Require that the key may read or, with `writes`, change what the organization
        has.

        Raises:
            Refusal: 403, the scope of the key does not cover it.
        """
        if not self.check.may_read:
            raise Refusal(403, MAY_ONLY_POST)
        if writes and not self.check.may_write:
            raise Refusal(403, MAY_ONLY_READ)

    def require_posting(self) -> None:
        """Require that the key may post sessions.

        Raises:
            Refusal: 403, the scope of the key does not cover it.
        """
        if not self.check.may_post:
            raise Refusal(403, MAY_NOT_POST)


def find_caller(request: HttpRequest) -> Caller:
    """Return the program that sends a request, by its key and never by a cookie.

    Raises:
        Refusal: 401, the request has no good key.
    """  # noqa: DOC501 - `unauthorized` makes a Refusal
    check = key_check.check_key(request.headers.get("Authorization"))
    if check.refused or check.key_id is None:
        raise unauthorized(check)
    key = (
        ApiKey.objects.select_related("organization")
        .annotate(asked_at=Now())
        .filter(pk=check.key_id)
        .first()
    )
    if key is None:  # its organization went this moment
        raise unauthorized(key_check.UNKNOWN)
    _note_use(key, key.asked_at)  # type: ignore[attr-defined]
    return Caller(check, key)


def unauthorized(check: KeyCheck) -> Refusal:
    """Return the refusal of a key that is not good."""
    return Refusal(401, check.detail, headers=(("WWW-Authenticate", "Bearer"),))


def _note_use(key: ApiKey, now: datetime) -> None:
    if key.last_used_at is None or key.last_used_at < now - NOTED_EVERY:
        touch_keys(used={key.pk: now})
