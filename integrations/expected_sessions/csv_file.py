"""Expected sessions as CSV (RFC 4180): of any number, a step at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from accounts.models import Organization
from conversations.exports.csv_file import (
    BYTE_ORDER_MARK,
    INCOMPLETE,
    moment,
    yes_or_no,
)
from integrations.expected_sessions.filters import Filters
from integrations.expected_sessions.pages import FilteredSessions, position_of
from integrations.models import ExpectedSession
from web.csv_cells import Cell, csv_text
from web.paging import Position

STEP = 500
COLUMNS = (
    *("id", "state", "came_late", "reason", "started_at", "ended_at"),
    *("duration_seconds", "agent_id", "agent", "agent_name", "project"),
    *("job_id", "job_status", "job_error", "worker_id", "room_sid", "room_name"),
    *("conversation_id", "refused_delivery_id", "arrived_at"),
)


class SessionSpreadsheet:
    """Writes expected sessions as rows."""

    def head(self) -> bytes:
        """Return the byte order mark and the names of the columns."""
        return (BYTE_ORDER_MARK + csv_text([COLUMNS])).encode()

    def lines(self, rows: Sequence[ExpectedSession]) -> Iterable[tuple[int, bytes]]:
        """Yield the rows of these sessions: how many, and their bytes."""
        yield len(rows), csv_text(map(_cells, rows)).encode()

    def broken_off(self, rows: int, reason: str) -> bytes:
        """Mark it by a row whose id no session has."""
        return csv_text(
            [[INCOMPLETE, rows, f"This file is incomplete: {reason}"]]
        ).encode()


def steps(
    organization: Organization, filters: Filters
) -> Iterator[list[ExpectedSession]]:
    """Yield the rows in the order of the list, each step a query of its own.

    What is told meanwhile is newer than all that follows, so it is not among them.
    """
    source = FilteredSessions(organization, filters)
    than: Position | None = None
    while True:
        found = source.find_older(than, STEP)
        yield found.rows
        if found.last is None:
            return
        than = position_of(found.last)


def _cells(row: ExpectedSession) -> list[Cell]:
    return [
        str(row.id),
        row.state,
        yes_or_no(row.came_late),
        row.reason,
        moment(row.started_at),
        moment(row.ended_at),
        _seconds(row),
        str(row.agent_id or ""),
        row.agent.display_name if row.agent else "",
        row.agent_name,
        row.project.name,
        row.job_id,
        row.job_status,
        row.job_error,
        row.worker_id,
        row.room_sid,
        row.room_name,
        str(row.conversation_id or ""),
        str(row.refused_delivery or ""),
        moment(row.arrived_at),
    ]


def _seconds(row: ExpectedSession) -> Cell:
    if row.started_at is None or row.ended_at is None:
        return ""
    return round((row.ended_at - row.started_at).total_seconds(), 3)
