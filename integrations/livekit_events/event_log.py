"""The log of events: each is stored as it came, once, before anything is read of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from integrations.delivery_log.group_commit import GroupCommit
from integrations.livekit_events.event_values import Message
from web.db_cursor import on_live_connection, server_binding_cursor
from web.storable_text import is_storable, replace_unstorable

MAX_TOGETHER = 256
MAX_ID_CHARACTERS = 64
MAX_NAME_CHARACTERS = 64

# What came before is there already: the same id is the same event.
_STORE = """
    WITH arrived AS (
        SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::bytea[])
            AS arrived (project_id, event_id, name, body)
    ), stored AS (
        INSERT INTO integrations_livekitevent (project_id, event_id, name, body)
        SELECT arrived.* FROM arrived
        JOIN integrations_livekitproject AS project ON project.id = arrived.project_id
        WHERE project.removed_at IS NULL
        ORDER BY arrived.project_id, arrived.event_id
        ON CONFLICT (project_id, event_id) DO NOTHING
    )
    SELECT id FROM integrations_livekitproject
    WHERE id = ANY(%s::uuid[]) AND removed_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class ArrivedEvent:
    """An event that is to be stored.

    event_id: LiveKit's, else the hash of the body. name: empty where none was read.
    """

    project_id: UUID
    event_id: str
    name: str
    body: bytes


def arrived(project_id: UUID, body: bytes, event: Message | None) -> ArrivedEvent:
    """Return an event as it is stored.

    event: what its body says; None where it cannot be read, which a worker finds out
        again and says.
    """
    event_id = event.get("id") if event else None
    name = event.get("event") if event else None
    is_fit = isinstance(event_id, str) and 0 < len(event_id) <= MAX_ID_CHARACTERS
    if not is_fit or not is_storable(str(event_id)):
        event_id = hashlib.sha256(body).hexdigest()
    return ArrivedEvent(
        project_id,
        str(event_id),
        replace_unstorable(name[:MAX_NAME_CHARACTERS]) if isinstance(name, str) else "",
        body,
    )


def store(event: ArrivedEvent) -> bool:
    """Store an event and commit; return whether its project is still there."""
    return _group.write(event)


def _store_all(events: Sequence[ArrivedEvent]) -> list[bool]:
    projects = [one.project_id for one in events]
    parameters = [
        projects,
        [one.event_id for one in events],
        [one.name for one in events],
        [one.body for one in events],
        projects,
    ]

    def insert() -> set[UUID]:
        with server_binding_cursor() as cursor:
            cursor.execute(_STORE, parameters)
            return {project_id for (project_id,) in cursor.fetchall()}

    known = on_live_connection(insert, again=insert)
    return [one.project_id in known for one in events]


_group: GroupCommit[ArrivedEvent, bool] = GroupCommit(_store_all, at_most=MAX_TOGETHER)
