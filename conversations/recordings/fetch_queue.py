"""Which recordings are to be fetched: decided where deliveries are applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from conversations import bulk_write
from conversations.models import Conversation, Recording
from conversations.recordings import received, wakeup
from conversations.recordings.received import received_address


@dataclass(frozen=True, slots=True)
class NamedRecording:
    """What deliveries say of the recording of a conversation, beside its address.

    file: the name of the file that came with it, which counts more than that address.
    lost: a sentence that says why audio that was sent is not here. others: files that
        came with it and count less.
    """

    conversation: Conversation
    file: str | None = None
    lost: str | None = None
    others: frozenset[str] = frozenset()

    @property
    def address(self) -> str:
        """Return where it is fetched from; empty where there is nothing to fetch."""
        return (
            received_address(self.file)
            if self.file
            else self.conversation.recording_url
        )


def enqueue_recordings(recorded: Iterable[NamedRecording]) -> None:
    """Note that the recordings these conversations have are to be fetched; runs
    inside the caller's transaction, which holds the conversations.

    Only for those that a delivery named just now: a fold that is done again fetches
    nothing again. Another address, compared without its query, is fetched. The same one
    is fetched again only where the last fetch failed; where it still waits, the newest
    query, which may be a fresh signature, is the one to use.
    """
    all_of_them = list(recorded)
    named = [one for one in all_of_them if one.address]
    _note_lost(one for one in all_of_them if one.lost and not one.address)
    if not named:
        return
    now = timezone.now()
    rows = [
        Recording(conversation=one.conversation, source_url=one.address, named_at=now)
        for one in named
    ]
    new = bulk_write.insert_missing(rows, unique=["conversation_id"])
    known = [one for one in named if one.conversation.pk not in new]
    wanted = len(new)
    if known:
        wanted += _want_again({one.conversation.pk: one.address for one in known})
    for one in named:
        for file in one.others:
            received.let_go(received_address(file))
    if wanted:
        transaction.on_commit(wakeup.wake_worker)


def _want_again(addresses: Mapping[UUID, str]) -> int:
    """Have recordings fetched from these addresses, by their conversations, where they
    should be; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_RECEIVED, [list(addresses), received.PREFIX + "%"])
        unread = dict(cursor.fetchall())
        cursor.execute(_WANT_AGAIN, [list(addresses), list(addresses.values())])
        wanted = [pk for (pk,) in cursor.fetchall()]
    for pk in unread.keys() & set(wanted):
        if unread[pk] != addresses[pk]:
            received.let_go(unread[pk])
    return len(wanted)


def _note_lost(lost: Iterable[NamedRecording]) -> None:
    """Note why there is no audio, where none came by another way."""
    rows = [
        Recording(
            conversation=one.conversation,
            state=Recording.State.FAILED,
            last_error=one.lost or "",
        )
        for one in lost
    ]
    if rows:
        bulk_write.insert_missing(rows, unique=["conversation_id"])


# Another address, or the same after a failure, is a job from the beginning: whoever is
# at the old one loses the claim. One that was fetched is left alone.
_WANT_AGAIN = """
    UPDATE conversations_recording AS recording
    SET source_url = named.url, named_at = now(),
        state = 'waiting', attempts = 0, claim = NULL, lease_until = NULL,
        next_try_at = NULL, last_error = '', fetched_bytes = 0, expected_bytes = NULL
    FROM unnest(%s::uuid[], %s::text[]) AS named (conversation_id, url)
    WHERE recording.conversation_id = named.conversation_id
        AND (recording.state = 'failed' OR (recording.source_url <> named.url
            AND (recording.state = 'waiting'
                OR split_part(recording.source_url, '?', 1)
                    <> split_part(named.url, '?', 1))))
    RETURNING recording.conversation_id
"""
# What came with an upload and was not read yet: nobody else names it.
_RECEIVED = """
    SELECT conversation_id, source_url FROM conversations_recording
    WHERE conversation_id = ANY(%s) AND source_url LIKE %s AND state <> 'done'
"""
