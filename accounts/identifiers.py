"""Ids that leave the system."""

from uuid import UUID

import uuid_utils.compat


def time_ordered_uuid() -> UUID:
    """Return a new UUID of version 7: new rows land at the end of an index."""
    return uuid_utils.compat.uuid7()
