"""A page of what was made, changed or erased behind a position."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from accounts.models import Organization
from conversations.changes.positions import AT_ONCE, give_positions
from conversations.models import Change, Conversation


@dataclass(frozen=True, slots=True)
class ChangedPage:
    """rows: as they are now, with their recordings, in the order of their changes.
    erased: ids of those that are gone.
    position: where to go on.
    """

    rows: list[Conversation]
    erased: list[UUID]
    position: int


def read_changes(organization: Organization, position: int, limit: int) -> ChangedPage:
    """Return at most `limit` changes behind a position.

    Each conversation is there at least once after each of its changes, as it is by then.
    """
    behind = Change.objects.of_organization(organization.pk).behind(position)[:limit]
    changes = list(behind)
    if len(changes) < limit and give_positions(organization.pk, max(limit, AT_ONCE)):
        changes = list(behind.all())
    ids = [one.conversation_id for one in changes if not one.is_erased]
    rows = Conversation.objects.in_organization(organization).with_recording()
    # One that was erased just now is missing, and comes again as erased.
    found = rows.in_bulk(ids)
    return ChangedPage(
        rows=[found[id_] for id_ in ids if id_ in found],
        erased=[one.conversation_id for one in changes if one.is_erased],
        position=changes[-1].position or position if changes else position,
    )


@dataclass(frozen=True, slots=True)
class Event:
    """That something happened to a conversation, which is as it is now, with its
    recording.

    position: of the newest of what happened. is_first: nothing had happened to it before
    the page began.
    """

    conversation: Conversation
    position: int
    is_first: bool


@dataclass(frozen=True, slots=True)
class EventPage:
    """events: at most one of each conversation, in the order of their changes.
    position: where to go on. is_last: no other has a position yet.
    """

    events: list[Event]
    position: int
    is_last: bool


def read_events(organization: Organization, position: int, limit: int) -> EventPage:
    """Return what happened to conversations within the next `limit` changes behind a
    position, among those that have one (`give_positions`): each event once, whatever else
    changes its conversation. One that was erased since is left out.
    """
    behind = Change.objects.of_organization(organization.pk).behind(position)
    changes = list(behind[:limit])
    happened = {
        one.conversation_id: one
        for one in changes
        if not one.is_erased and (one.event_position or 0) > position
    }
    rows = Conversation.objects.in_organization(organization).with_recording()
    found = rows.in_bulk(list(happened))
    return EventPage(
        events=[
            Event(
                conversation=found[id_],
                position=one.event_position or 0,
                is_first=(one.first_position or 0) > position,
            )
            for id_, one in happened.items()
            if id_ in found
        ],
        position=changes[-1].position or position if changes else position,
        is_last=len(changes) < limit,
    )
