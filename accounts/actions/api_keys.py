"""Making, renaming, rolling and revoking API keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from accounts import keys
from accounts.audit import record
from accounts.models import ApiKey, AuditAction, Organization, User
from web.database_clock import database_now

# Skips rows that are locked: whoever holds one writes the same thing. A key whose last
# use is less than a minute old is not written again, so that a busy key stays one row
# version a minute.
_TOUCH = f"""
    WITH used AS (
        SELECT * FROM unnest(%s::uuid[], %s::timestamptz[]) AS used (id, at)
    ), due AS (
        SELECT key.id, used.at
        FROM {ApiKey._meta.db_table} AS key JOIN used USING (id)
        WHERE key.last_used_at IS NULL
           OR key.last_used_at < used.at - interval '1 minute'
        FOR NO KEY UPDATE OF key SKIP LOCKED
    )
    UPDATE {ApiKey._meta.db_table} AS key
    SET last_used_at = due.at
    FROM due WHERE key.id = due.id
"""  # noqa: S608


class KeyIsOver(Exception):
    """The key is revoked, or has expired where that matters."""


def create_key(
    *,
    organization: Organization,
    name: str,
    scope: str,
    by: User,
    expires_at: datetime | None = None,
    form_token: UUID | None = None,
) -> tuple[ApiKey, str | None]:
    """Make a key, and return it with its text, which is stored nowhere.

    A form token that already made a key gives that key and None: a page that is sent
    twice makes one key.

    Raises:
        IntegrityError: the key breaks another constraint than that of its form token.
    """
    made = _key_made_by(organization, form_token)
    if made is not None:
        return made, None
    key, text = _new_key(
        organization=organization,
        name=name.strip(),
        scope=ApiKey.Scope(scope),
        made_by=by,
        expires_at=expires_at,
        form_token=form_token,
    )
    try:
        with transaction.atomic():
            key.save(force_insert=True)
            _note(AuditAction.KEY_CREATED, key, by, scope=key.scope)
    except IntegrityError:
        # The same form, sent twice at once.
        made = _key_made_by(organization, form_token)
        if made is None:
            raise
        return made, None
    return key, text


def _new_key(**fields: Any) -> tuple[ApiKey, str]:
    """Return a key that is not saved yet, and its text."""
    text = keys.generate_key()
    key = ApiKey(
        digest=keys.digest(text),
        prefix=text[: keys.SHOWN_PREFIX_LENGTH],
        last_four=text[-keys.SHOWN_SUFFIX_LENGTH :],
        created_at=database_now(),
        **fields,
    )
    return key, text


def _key_made_by(organization: Organization, form_token: UUID | None) -> ApiKey | None:
    if form_token is None:
        return None
    return ApiKey.objects.filter(
        organization=organization, form_token=form_token
    ).first()


@transaction.atomic
def rename_key(*, key: ApiKey, name: str, by: User) -> None:
    """Give a key another name; the same name changes nothing."""
    before = ApiKey.objects.select_for_update(no_key=True).get(pk=key.pk).name
    key.name = name.strip()
    if key.name == before:
        return
    key.save(update_fields=["name"])
    _note(AuditAction.KEY_RENAMED, key, by, before=before)


@transaction.atomic
def change_key_expiry(*, key: ApiKey, expires_at: datetime | None, by: User) -> None:
    """Change when a key expires; an expired key may so become usable again.

    expires_at: an aware datetime, or None for never.

    Raises:
        KeyIsOver: the key is revoked.
    """
    before = _locked(key)
    if before.expires_at == expires_at:
        return
    key.expires_at = expires_at
    key.save(update_fields=["expires_at"])
    until = {"until": expires_at.isoformat()} if expires_at else {}
    _note(AuditAction.KEY_EXPIRY_CHANGED, key, by, **until)


@transaction.atomic
def roll_key(
    *, key: ApiKey, overlap: timedelta, by: User, form_token: UUID | None = None
) -> tuple[ApiKey, str | None]:
    """Make a key in the place of this one, which works for the overlap still.

    Return the new key and its text, as `create_key` does. It has the scope of the old
    one; where that one was made to expire, it lives as long.

    Raises:
        KeyIsOver: the old key is revoked or has expired.
    """
    made = _key_made_by(key.organization, form_token)
    if made is not None:
        return made, None
    # As the check of a key goes by: a host that is late would end the old key at once.
    old, now = _locked(key), database_now()
    if old.state(now) != "active":
        raise KeyIsOver
    lifetime = old.expires_at - old.created_at if old.expires_at else None
    new, text = create_key(
        organization=old.organization,
        name=old.name,
        scope=old.scope,
        by=by,
        expires_at=now + lifetime if lifetime else None,
        form_token=form_token,
    )
    until = min(filter(None, [old.expires_at, now + overlap]))
    ApiKey.objects.filter(pk=old.pk).update(expires_at=until)
    key.refresh_from_db(fields=["expires_at"])
    _note(AuditAction.KEY_ROLLED, key, by, until=until.isoformat())
    return new, text


def _locked(key: ApiKey) -> ApiKey:
    """Return the key as it is now, locked until the transaction ends.

    Raises:
        KeyIsOver: the key is revoked.
    """
    locked = ApiKey.objects.select_for_update(no_key=True).get(pk=key.pk)
    if locked.revoked_at:
        raise KeyIsOver
    return locked


@transaction.atomic
def revoke_key(*, key: ApiKey, by: User) -> None:
    """Revoke a key for good, from the next check on.

    Who revoked it first stays on record.
    """
    revoked = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(
        revoked_at=Now(), revoked_by=by
    )
    key.refresh_from_db(fields=["revoked_at", "revoked_by"])
    if revoked:
        _note(AuditAction.KEY_REVOKED, key, by)


def _note(action: AuditAction, key: ApiKey, by: User, **detail: str) -> None:
    record(
        organization=key.organization,
        by=by,
        action=action,
        subject=key.name,
        detail={"id": str(key.pk), "key": key.masked, **detail},
    )


def touch_keys(*, used: dict[UUID, datetime]) -> None:
    """Store when keys were last used; for the worker, never within a POST.

    used: the moment of use, an aware datetime, by the id of the key.
    """
    if not used:
        return
    with connection.cursor() as cursor:
        cursor.execute(_TOUCH, [list(used.keys()), list(used.values())])
