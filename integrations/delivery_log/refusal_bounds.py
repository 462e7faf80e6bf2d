"""How much of an organization's refusals is kept: the newest, by their bytes."""

from __future__ import annotations

import logging
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)

# One new row in so many looks whether there is too much; some of an organization's do.
TRIM_EVERY = 64
# More than that come with none.
MAX_DELETED = 1_000
# What a row is counted as beside its body, its errors and its reason.
ROW_BYTES = 1024

TRIM = """
    WITH over AS (
        SELECT sequence FROM (
            SELECT sequence, sum(coalesce(kept_bytes, %(row_bytes)s))
                OVER (ORDER BY sequence DESC) AS through
            FROM (
                SELECT sequence, kept_bytes FROM integrations_delivery
                WHERE organization_id = %(organization)s AND outcome = 'rejected'
                ORDER BY sequence DESC LIMIT %(looked_at)s) AS newest) AS added_up
        WHERE through > %(bytes)s ORDER BY sequence DESC LIMIT 1)
    DELETE FROM integrations_delivery WHERE sequence = ANY(ARRAY(
        SELECT refusal.sequence FROM integrations_delivery AS refusal, over
        WHERE organization_id = %(organization)s AND outcome = 'rejected'
            AND refusal.sequence <= over.sequence
        ORDER BY refusal.sequence LIMIT %(at_most)s FOR UPDATE OF refusal SKIP LOCKED))
"""


def trim_behind(sequence: int, organization_id: UUID) -> None:
    """Behind this new refusal, delete what is too much: now and then.

    It fails alone: the refusal is in the log and is to be answered.
    """
    if sequence % TRIM_EVERY or not settings.KEEP_REJECTED_BYTES:
        return
    try:
        trim(organization_id)
    except DatabaseError:
        logger.exception("The oldest refusals could not be deleted")


def trim(organization_id: UUID) -> int:
    """Delete the oldest refusals that are over `KEEP_REJECTED_BYTES` together with the
    newer ones, up to `MAX_DELETED`; return how many went.
    """
    size = settings.KEEP_REJECTED_BYTES
    with connection.cursor() as cursor:
        cursor.execute(
            TRIM,
            {
                "organization": organization_id,
                "bytes": size,
                "looked_at": size // ROW_BYTES + 1,
                "row_bytes": ROW_BYTES,
                "at_most": MAX_DELETED,
            },
        )
        deleted: int = cursor.rowcount
    if deleted:
        logger.info("%s refusals of %s went, the oldest", deleted, organization_id)
    return deleted
