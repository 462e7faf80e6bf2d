"""Times of which not all events are known: what ended in them is never called missing."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection

from integrations.livekit_events.facts import EventFacts
from integrations.operations import heartbeat

DROPPED = "LiveKit gave up {} {} before this moment."
AWAY = "Zelto was not running, so LiveKit's events were lost."

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

# While events came, the web server was there, and only its workers were away.
_NOTE_AWAY = """
    INSERT INTO integrations_livekitgap (project_id, began_at, ended_at, reason)
    SELECT project.id, away.began_at, %(until)s, %(reason)s
    FROM integrations_livekitproject AS project, (
        SELECT greatest(%(since)s, max(received_at)) AS began_at
        FROM integrations_livekitevent
        WHERE received_at > %(since)s AND received_at <= %(until)s) AS away
    WHERE project.removed_at IS NULL AND project.created_at < %(until)s
        AND away.began_at < %(until)s - make_interval(secs => %(seconds)s)
    ON CONFLICT (project_id, ended_at) DO NOTHING
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


def note_away(since: datetime, until: datetime) -> None:
    """Note for every project that Zelto was away."""
    with connection.cursor() as cursor:
        cursor.execute(
            _NOTE_AWAY,
            {
                "since": since,
                "until": until,
                "reason": AWAY,
                "seconds": heartbeat.SEEN_LATELY_SECONDS,
            },
        )


heartbeat.tell_of_absences(note_away)
