"""Ids that leave the system."""

from datetime import UTC, datetime
from uuid import UUID

import uuid_utils.compat


def time_ordered_uuid() -> UUID:
    """Return a new UUID of version 7: new rows land at the end of an index."""
    return uuid_utils.compat.uuid7()


def made_at(identifier: UUID) -> datetime:
    """Return when a UUID of version 7 was made: its first 48 bits are milliseconds
    since 1970 (RFC 9562).
    """
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC)
