"""Fetching recordings: a worker's loop, and what becomes of each."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from conversations.models import Conversation, Recording
from conversations.organization_turns import ClaimTurns, SharedSlots
from conversations.recordings import wakeup
from conversations.recordings.download import (
    NotNow,
    Refused,
    download,
    too_slow,
    took_too_long,
)
from conversations.recordings.incoming import incoming_file, is_for_want_of_room
from conversations.recordings.lease_keeper import (
    DeadlineExceeded,
    LeaseKeeper,
    LeaseLost,
    TooSlow,
    WorkerStopping,
)
from conversations.recordings.probe import NotAudio, read_audio
from conversations.recordings.store_audio import store_audio
from conversations.worker_stop import Turn, is_requested
from web.outgoing.certificate_faults import certificate_fault

logger = logging.getLogger(__name__)

# At once in one process, and of one organization: they mostly wait for a server. The
# Procfile has a thread for each.
AT_ONCE = 8
AT_ONCE_EACH = 3
# Decoding takes a processor and memory.
DECODED_AT_ONCE = 3
DECODED_AT_ONCE_EACH = 2
# No recording is begun after so long: what else is in the queue gets a turn.
TURN_SECONDS = 10.0
_slots = threading.BoundedSemaphore(AT_ONCE)
_turns = ClaimTurns(Recording, each=AT_ONCE_EACH)
_decoding = SharedSlots(DECODED_AT_ONCE, each=DECODED_AT_ONCE_EACH)


def fetch_until_none_is_due() -> bool:
    """Fetch one after another, until none is due or the turn is over;
    return whether there may be more, and this process is not to end.

    Organizations take turns. Whoever claims one wakes another, which takes the next
    while this one waits for its server.
    """
    if not _slots.acquire(blocking=False):
        return False  # whoever is at it looks again when done
    turn = Turn(TURN_SECONDS)
    try:
        while not turn.is_over:
            with _turns.next() as recording:
                if recording is None:
                    return False
                wakeup.wake_worker()
                fetch(recording)
        return not is_requested()
    finally:
        _slots.release()


def fetch(recording: Recording) -> None:
    """Fetch one that was claimed; whatever comes of it is in its row."""
    if recording.is_exhausted:
        recording.give_up("Every worker that tried it died.")
        return
    try:
        with _outcome_noted(recording):
            _fetch(recording)
    except (DatabaseError, InterfaceError):
        # Nothing can be written down; it comes back when the lease ends.
        logger.exception("The database was away while a recording was fetched")


def _fetch(recording: Recording) -> None:
    with (
        LeaseKeeper.of_a_fetch(recording, settings.FETCH_SECONDS) as watch,
        incoming_file() as path,
    ):
        download(recording.source_url, path, watch)
        watch.downloaded()
        with _decoding.slot(recording.claimed_for, tick=watch.check):
            audio = read_audio(path, tick=watch.check)
        kept = store_audio(
            conversation=recording.conversation,
            path=path,
            audio=audio,
            claim=recording.claim,
        )
    if not kept:
        logger.info("A recording was no longer wanted when it was here")


@contextmanager
def _outcome_noted(recording: Recording) -> Iterator[None]:
    try:
        yield
    except Refused as error:
        recording.give_up(str(error))
    except NotAudio as error:
        recording.give_up(f"What the server sent is no recording. {error}")
    except NotNow as error:
        recording.try_later(str(error), after=error.after)
    except DeadlineExceeded:
        recording.try_later(took_too_long())
    except TooSlow:
        recording.try_later(too_slow(recording.source_url))
    except WorkerStopping:
        recording.put_back()
    except (LeaseLost, Conversation.DoesNotExist):
        logger.info("A recording was taken away while it was fetched")
    except (DatabaseError, InterfaceError):
        raise
    except Exception as error:
        # A disk that is full, a storage that is away. The error's own text may have
        # the address in it, so the log gets the way to it alone.
        kind = type(error).__name__
        way = "".join(traceback.format_tb(error.__traceback__))
        logger.error("A recording could not be had: %s\n%s", kind, way)
        recording.try_later(_what_is_wrong(error))


def _what_is_wrong(error: Exception) -> str:
    if is_for_want_of_room(error):
        return "There is no room for it on this machine's disk."
    if why := certificate_fault(error):
        return f"It was fetched, and the storage could not be reached over TLS: {why}"
    return f"It was fetched but could not be kept ({type(error).__name__})."
