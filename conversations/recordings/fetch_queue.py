"""Which recordings are to be fetched: decided where deliveries are applied."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction
from django.utils import timezone

from conversations import bulk_write
from conversations.models import Conversation, Recording
from conversations.recordings import wakeup
from conversations.recordings.received import received_address


def enqueue_recordings(recorded: Iterable[tuple[Conversation, str | None]]) -> None:
    """Note that the recordings these conversations have are to be fetched; runs
    inside the caller's transaction, which holds the conversations.

    recorded: each with the name of the file that came with it, which counts more than
        the address that it names; None for none.

    Only for those that a delivery named just now: a fold that is done again fetches
    nothing again. Another address, compared without its query, is fetched. The same one
    is fetched again only where the last fetch failed; where it still waits, the newest
    query, which may be a fresh signature, is the one to use.
    """
    addresses = {
        one: received_address(file) if file else one.recording_url
        for one, file in recorded
    }
    named = [one for one, address in addresses.items() if address]
    if not named:
        return
    now = timezone.now()
    rows = [
        Recording(conversation=one, source_url=addresses[one], named_at=now)
        for one in named
    ]
    new = bulk_write.insert_missing(rows, unique=["conversation_id"])
    known = [one for one in named if one.pk not in new]
    wanted = len(new)
    if known:
        with connection.cursor() as cursor:
            cursor.execute(
                _WANT_AGAIN,
                [[one.pk for one in known], [addresses[one] for one in known]],
            )
            wanted += cursor.rowcount
    if wanted:
        transaction.on_commit(wakeup.wake_worker)


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
"""
