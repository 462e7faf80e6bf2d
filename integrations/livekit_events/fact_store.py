"""Adding what events say to what is known: rooms, sessions and recordings.

A batch locks rooms and recordings before sessions, each in one order, and the sessions of a room with
it: so two workers, and `join`, wait for each other in no circle.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q

from integrations.expected_sessions import tallies
from integrations.livekit_events import fact_rows
from integrations.livekit_events.egress_facts import EgressFacts
from integrations.livekit_events.facts import EventFacts
from integrations.livekit_events.room_facts import RoomFacts
from integrations.livekit_events.session_facts import SessionFacts
from integrations.livekit_events.table_writes import update_rows
from integrations.models import ExpectedSession, LiveKitEgress, LiveKitRoom

Facts = TypeVar("Facts", RoomFacts, SessionFacts, EgressFacts)
Key = tuple[UUID, str]  # a project, and its name of the thing


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """An event whose facts are known."""

    project_id: UUID
    organization_id: UUID
    facts: EventFacts


def add_facts(events: Sequence[ReadEvent], now: datetime) -> set[UUID]:
    """Add what events say to the rows; return the ids of the sessions that may have
    another state by that.

    For a transaction that is open. now: when those are to be looked at.
    """
    changed_rooms = _add_rooms(_combined(events, lambda one: one.facts.room, _sid))
    told = _combined(events, lambda one: one.facts.session, lambda one: one.reference)
    organizations = {one.project_id: one.organization_id for one in events}
    recorded = _combined(events, lambda one: one.facts.egress, _egress_id)
    changed_rooms |= {
        (key[0], recorded[key].room_sid) for key in _add_egresses(recorded)
    }
    return _add_sessions(told, changed_rooms, organizations, now)


def _sid(facts: RoomFacts) -> str:
    return facts.sid


def _egress_id(facts: EgressFacts) -> str:
    return facts.egress_id


def _combined(
    events: Iterable[ReadEvent],
    part: Callable[[ReadEvent], Facts | None],
    name: Callable[[Facts], str],
) -> dict[Key, Facts]:
    found: dict[Key, Facts] = {}
    for event in events:
        facts = part(event)
        if facts is not None:
            key = (event.project_id, name(facts))
            found[key] = found[key] | facts if key in found else facts
    return found


def _add_rooms(told: Mapping[Key, RoomFacts]) -> set[Key]:
    """Add to rooms; return those of which something changed."""

    def rows(keys: Collection[Key]) -> dict[Key, LiveKitRoom]:
        found = LiveKitRoom.objects.filter(_any_of(keys, "sid")).order_by("id")
        locked = found.select_for_update(no_key=True)
        return {(row.project_id, row.sid): row for row in locked}

    known = rows(told)
    missing = sorted(told.keys() - known.keys())
    LiveKitRoom.objects.bulk_create(
        [LiveKitRoom(project_id=key[0], sid=key[1]) for key in missing],
        ignore_conflicts=True,
    )
    known |= rows(missing) if missing else {}
    changes = _changes(told, known, fact_rows.room_facts, fact_rows.room_values)
    update_rows(LiveKitRoom, {known[key].pk: changes[key] for key in changes})
    return set(changes)


def _add_egresses(told: Mapping[Key, EgressFacts]) -> set[Key]:
    """Add to recordings; return those of which something changed."""

    def rows(keys: Collection[Key]) -> dict[Key, LiveKitEgress]:
        found = LiveKitEgress.objects.filter(_any_of(keys, "egress_id")).order_by("id")
        locked = found.select_for_update(no_key=True)
        return {(row.project_id, row.egress_id): row for row in locked}

    known = rows(told)
    missing = sorted(told.keys() - known.keys())
    LiveKitEgress.objects.bulk_create(
        [LiveKitEgress(project_id=key[0], egress_id=key[1]) for key in missing],
        ignore_conflicts=True,
    )
    known |= rows(missing) if missing else {}
    changes = _changes(told, known, fact_rows.egress_facts, fact_rows.egress_values)
    update_rows(LiveKitEgress, {known[key].pk: changes[key] for key in changes})
    return set(changes)


def _any_of(keys: Collection[Key], name: str) -> Q:
    """Return the condition that finds these and few others."""
    projects = {project_id for project_id, _ in keys}
    return Q(
        **{"project_id__in": projects, f"{name}__in": {named for _, named in keys}}
    )


Row = TypeVar("Row", bound=Model)


def _changes(
    told: Mapping[Key, Facts],
    known: Mapping[Key, Row],
    facts_of: Callable[[Row], Facts],
    values_of: Callable[[Facts], dict[str, Any]],
) -> dict[Key, dict[str, Any]]:
    """Return the new values of the rows of which something changes.

    A row that is missing was deleted with its project meanwhile.
    """
    changes = {}
    for key in sorted(told.keys() & known.keys()):
        before = facts_of(known[key])
        values = values_of(before | told[key])
        if any(getattr(known[key], name) != values[name] for name in values):
            changes[key] = values
    return changes


def _add_sessions(
    told: dict[Key, SessionFacts],
    changed_rooms: Collection[Key],
    organizations: Mapping[UUID, UUID],
    now: datetime,
) -> set[UUID]:
    rooms = {(key[0], one.room_sid) for key, one in told.items() if one.room_sid}
    known = _sessions(told, rooms | set(changed_rooms))
    told, absorbed = _under_their_jobs(told, known)
    missing = sorted(told.keys() - known.keys())
    ExpectedSession.objects.bulk_create(
        [
            ExpectedSession(
                organization_id=organizations[key[0]],
                project_id=key[0],
                reference=key[1],
                due_at=now,
                participant_identity="",
            )
            for key in missing
        ],
        ignore_conflicts=True,
    )
    known |= _sessions(dict.fromkeys(missing), ()) if missing else {}
    changes = _changes(told, known, fact_rows.session_facts, fact_rows.session_values)
    of_rooms = {
        key
        for key, row in known.items()
        if (row.project_id, row.room_sid) in changed_rooms
    }
    update_rows(
        ExpectedSession,
        {known[key].pk: {**changes[key], "due_at": now} for key in changes},
    )
    _forget(absorbed)
    gone = {row.pk for row in absorbed}
    return {known[key].pk for key in of_rooms | set(changes)} - gone


def _sessions(
    keys: Collection[Key], rooms: Collection[Key]
) -> dict[Key, ExpectedSession]:
    """Return sessions and all of these rooms, locked."""
    wanted = _any_of(keys, "reference") | _any_of(rooms, "room_sid")
    rows = ExpectedSession.objects.filter(wanted).order_by("id")
    return {
        (row.project_id, row.reference): row
        for row in rows.select_for_update(no_key=True)
    }


def _under_their_jobs(
    told: Mapping[Key, SessionFacts], known: Mapping[Key, ExpectedSession]
) -> tuple[dict[Key, SessionFacts], list[ExpectedSession]]:
    """Put what is told of a participant under the job that has its identity in its room:
    a worker may choose one that does not name its job.

    Return the facts by their references then, and the rows that became part of others.
    """
    jobs: dict[tuple[UUID, str, str], str] = {}
    of_rows = {key: fact_rows.session_facts(row) for key, row in known.items()}
    for key, facts in (*of_rows.items(), *told.items()):
        if facts.job_id and facts.room_sid and facts.participant_identity:
            place = (key[0], facts.room_sid, facts.participant_identity)
            jobs[place] = max(jobs.get(place, ""), facts.reference)
    found: dict[Key, SessionFacts] = {}
    absorbed = []
    for key, facts in (*of_rows.items(), *told.items()):
        place = (key[0], facts.room_sid, facts.participant_identity)
        job = None if facts.job_id else jobs.get(place)
        if job is not None:
            if key in of_rows and facts is of_rows[key]:
                absorbed.append(known[key])
            facts = replace(facts, reference=job)
        elif key not in told or facts is not told[key]:
            continue
        under = (key[0], facts.reference)
        found[under] = found[under] | facts if under in found else facts
    return found, absorbed


def _forget(absorbed: Sequence[ExpectedSession]) -> None:
    tallies.move((tallies.key_of(row), None) for row in absorbed if row.state)
    ExpectedSession.objects.filter(pk__in=[row.pk for row in absorbed]).delete()
