"""What is noted of deliveries that were tried."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError

from accounts.actions import touch_keys
from conversations.projection.store import UnknownCall
from integrations.agent_workers.notes import note_workers
from integrations.delivery_log import jobs
from integrations.delivery_log.claims import Claimed

logger = logging.getLogger(__name__)


def record(claimed: Claimed, error: Exception) -> None:
    """Record that a delivery could not be processed, and why. What belongs to a session
    that still waits itself waits behind it.
    """
    if isinstance(error, UnknownCall) and jobs.wait_for_session(claimed):
        return
    logger.error("Delivery %s could not be processed", claimed.sequence, exc_info=error)
    jobs.record_failure(claimed, reason=sentence_of(error))


def sentence_of(error: Exception) -> str:
    """Return what people read of an error."""
    if isinstance(error, DatabaseError):
        return f"The database refused it: {type(error).__name__}."
    return str(error) or type(error).__name__


def note_senders(processed: Iterable[Claimed]) -> None:
    """Note when the keys of these deliveries were used last, and the hosts that sent
    them.
    """
    processed = list(processed)
    used: dict[UUID, datetime] = {}
    for claimed in processed:
        if claimed.key_id is not None:
            latest = used.get(claimed.key_id, claimed.received_at)
            used[claimed.key_id] = max(latest, claimed.received_at)
    touch_keys(used=used)
    note_workers([one.sequence for one in processed if one.tells_of_worker])
