"""Times of which not all events are known: what ended in them is never called missing."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from integrations.livekit_projects.facts import EventFacts

DROPPED = "LiveKit gave up {} {} before this moment."

# From the event before, by our clock; a moment more, since LiveKit waited with them.
_NOTE = """
    INSERT INTO integrations_livekitgap AS gap (project_id, began_at, ended_at, reason)
    SELECT %(project)s, least(coalesce(
            (SELECT received_at FROM integrations_livekitevent
             WHERE project_id = %(project)s AND id < %(event)s
             ORDER BY id DESC LIMIT 1), project.created_at), %(at)s)
            - interval '1 minute', %(at)s, %(reason)s
    FROM integrations_livekitproject AS project WHERE project.id = %(project)s
    ON CONFLICT (project_id, ended_at) DO UPDATE
    SET began_at = least(gap.began_at, EXCLUDED.began_at)
"""


def note_dropped(project_id: UUID, event_id: int, facts: EventFacts) -> None:
    """Note that LiveKit dropped events before this one, as old servers say."""
    noun = "event" if facts.dropped == 1 else "events"
    with connection.cursor() as cursor:
        cursor.execute(
            _NOTE,
            {
                "project": project_id,
                "event": event_id,
                "at": facts.created_at,
                "reason": DROPPED.format(facts.dropped, noun),
            },
        )
