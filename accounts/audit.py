"""Writes of the audit log: who did what, on what.

They run in the transaction of the change that they record, so that neither is there
without the other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from accounts import keys
from accounts.audit_bounds import trim_behind
from accounts.models import ApiKey, AuditAction, AuditEntry, Organization, User
from web.storable_text import replace_unstorable

MAX_TEXT_CHARACTERS = 300
# A player requests a recording piece by piece: opened once is one entry.
SAME_OPENING = timedelta(hours=1)


def record(
    *,
    organization: Organization,
    by: User | None,
    action: AuditAction,
    subject: str,
    detail: Mapping[str, Any] | None = None,
    key: ApiKey | None = None,
) -> AuditEntry:
    """Write an entry of the audit log, for good. Keys that somebody pasted are masked.

    by: the person; None where a program did it with `key`, or Zelto itself.
    subject: what it was done to, as a reader knows it: a name, an address, a reference.
    detail: JSON for the sentence (`accounts.audit_log.sentences` says which); `id` is
        that of the subject, so that the page can link it.
    """
    return _record(
        organization=organization,
        by=by,
        key=key,
        action=action,
        subject=subject,
        detail=detail,
    )


def record_opening(
    *,
    organization: Organization,
    by: User | None,
    action: AuditAction,
    subject: str,
    detail: Mapping[str, Any] | None = None,
    key: ApiKey | None = None,
) -> None:
    """Write an entry as `record` does, once an hour for the same reader, action and
    subject; also where a player requests two pieces at once.
    """
    what = (action, _text(subject), _clean(detail or {}))
    opening = _digest(organization.pk, by and by.pk, key and key.pk, *what)
    known = AuditEntry.objects.in_organization(organization).filter(
        opening=opening, created_at__gt=timezone.now() - SAME_OPENING
    )
    if known.exists():
        return
    with transaction.atomic():
        _hold(str(opening))
        if not known.exists():
            _record(
                organization=organization,
                by=by,
                key=key,
                action=action,
                subject=subject,
                detail=detail,
                opening=opening,
            )


def _record(
    *,
    organization: Organization,
    by: User | None,
    key: ApiKey | None,
    action: AuditAction,
    subject: str,
    detail: Mapping[str, Any] | None,
    opening: UUID | None = None,
) -> AuditEntry:
    entry = AuditEntry.objects.create(
        organization=organization,
        by=by,
        key=key,
        actor=_text(by.email if by else str(key) if key else ""),
        action=AuditAction(action),
        subject=_text(subject),
        detail=_clean(detail or {}),
        opening=opening,
    )
    trim_behind(entry.pk, organization.pk, entry.action)
    return entry


def _digest(*facts: Any) -> UUID:
    """Return an id of these facts, the same for the same ones."""
    text = json.dumps(facts, sort_keys=True, default=str)
    return UUID(bytes=hashlib.sha256(text.encode()).digest()[:16])


def _hold(words: str) -> None:
    """Take an advisory lock on these words until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [words])


def _clean(value: Any) -> Any:
    """Return the value as JSON that Postgres can store, with keys masked."""
    if isinstance(value, Mapping):
        return {_text(str(name)): _clean(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_clean(each) for each in value]
    if value is None or isinstance(value, bool | int):
        return value
    return _text(str(value))


def _text(text: str) -> str:
    text = replace_unstorable(keys.without_keys(text), half_pair="?")
    return (
        text
        if len(text) <= MAX_TEXT_CHARACTERS
        else f"{text[: MAX_TEXT_CHARACTERS - 1]}…"
    )
