"""How much of the audit log is kept: of each kind of entry the newest, by their bytes.

By kind, so that whoever opens recordings by the thousand pushes out no entry that says
who made a key or a member.
"""

from __future__ import annotations

import logging
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

logger = logging.getLogger(__name__)

# One entry in so many looks whether there is too much of its kind.
TRIM_EVERY = 256
# More than that come with none.
MAX_DELETED = 5_000
# No row is smaller, so that it is known how many to look at.
MIN_ENTRY_BYTES = 128

_ALLOW = "SELECT set_config('zelto.audit_trim', 'on', true)"
_TRIM = """
    WITH over AS (
        SELECT id FROM (
            SELECT id, sum(size) OVER (ORDER BY id DESC) AS through FROM (
                SELECT id, pg_column_size(entry.*) AS size
                FROM accounts_auditentry AS entry
                WHERE organization_id = %(organization)s AND action = %(action)s
                ORDER BY id DESC LIMIT %(looked_at)s) AS newest) AS added_up
        WHERE through > %(bytes)s ORDER BY id DESC LIMIT 1)
    DELETE FROM accounts_auditentry WHERE id = ANY(ARRAY(
        SELECT entry.id FROM accounts_auditentry AS entry, over
        WHERE organization_id = %(organization)s AND action = %(action)s
            AND entry.id <= over.id
        ORDER BY entry.id LIMIT %(at_most)s FOR UPDATE OF entry SKIP LOCKED))
"""


def trim_behind(entry_id: UUID, organization_id: UUID, action: str) -> None:
    """Once this entry is committed, delete what is too much of its kind: now and then.

    It fails alone: the change that the entry records is done by then.
    """
    if entry_id.int % TRIM_EVERY == 0 and settings.KEEP_AUDIT_BYTES:
        transaction.on_commit(lambda: trim(organization_id, action), robust=True)


def trim(organization_id: UUID, action: str) -> int:
    """Delete the oldest entries of a kind that are over `KEEP_AUDIT_BYTES` together with
    the newer ones, up to `MAX_DELETED`; return how many went.
    """
    size = settings.KEEP_AUDIT_BYTES
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ALLOW)
        cursor.execute(
            _TRIM,
            {
                "organization": organization_id,
                "action": action,
                "bytes": size,
                "looked_at": size // MIN_ENTRY_BYTES + 1,
                "at_most": MAX_DELETED,
            },
        )
        deleted: int = cursor.rowcount
    if deleted:
        logger.info("%s entries of the kind %s went, the oldest", deleted, action)
    return deleted
