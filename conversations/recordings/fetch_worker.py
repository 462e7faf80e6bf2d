"""Fetching recordings: a worker's loop, and what becomes of each."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from conversations.models import Conversation, Recording
from conversations.object_store.own_store import SecretUnreadable, openable
from conversations.organization_turns import ClaimTurns, SharedSlots
from conversations.recordings import received as received_files
from conversations.recordings import wakeup
from conversations.recordings.answers import (
    NotNow,
    NotYet,
    Received,
    Refused,
    too_large,
    too_slow,
    took_too_long,
)
from conversations.recordings.download import download, refuse_growing
from conversations.recordings.files import NotKept
from conversations.recordings.incoming import incoming_file, is_for_want_of_room
from conversations.recordings.lease_keeper import (
    DeadlineExceeded,
    LeaseKeeper,
    LeaseLost,
    TooSlow,
    WorkerStopping,
)
from conversations.recordings.probe import Audio, NotAudio, read_audio
from conversations.recordings.store_audio import store_audio
from conversations.recordings.unpacking import (
    CANNOT_UNPACK,
    UnpacksTooLarge,
    unpack,
)
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
STORE_CLOSED = (
    "The secret of the recording store cannot be read, since SECRET_KEY has changed. "
    "Enter it again."
)
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
    is_uploaded = received_files.is_received(recording.source_url)
    with (
        LeaseKeeper.of_a_fetch(recording, settings.FETCH_SECONDS) as watch,
        incoming_file() as path,
    ):
        address = _openable(recording)
        received = _bring(address, path, watch)
        watch.downloaded()
        with _decoding.slot(recording.claimed_for, tick=watch.check):
            audio = _audio_in(path, received.codings, watch)
        if not is_uploaded and recording.may_still_come():
            refuse_growing(address, received, watch)
        kept = store_audio(
            conversation=recording.conversation,
            path=path,
            audio=audio,
            claim=recording.claim,
        )
    if is_uploaded:
        received_files.let_go(recording.source_url)
    if not kept:
        logger.info("A recording was no longer wanted when it was here")


def _openable(recording: Recording) -> str:
    if received_files.is_received(recording.source_url):
        return recording.source_url
    try:
        return openable(recording.claimed_for, recording.source_url)
    except SecretUnreadable:
        raise NotNow(STORE_CLOSED) from None


def _bring(address: str, path: Path, watch: LeaseKeeper) -> Received:
    if not received_files.is_received(address):
        return download(address, path, watch)
    try:
        received_files.bring(address, path)
    except received_files.NotThere:
        raise Refused("The audio that was uploaded is no longer here.") from None
    return Received(path.stat().st_size, [], is_fresh=False)


def _audio_in(path: Path, codings: Sequence[str], watch: LeaseKeeper) -> Audio:
    """Read what a server sent as audio.

    Raises:
        Refused: it unpacks to too much.
        NotYet: it is none: an empty file, a half-written one, a page that says to come
            again.
    """
    try:
        unpack(path, codings=codings, tick=watch.check)
        return read_audio(path, tick=watch.check)
    except UnpacksTooLarge:
        raise Refused(too_large(" once unpacked")) from None
    except NotAudio as error:
        instead = str(error)
        if unknown := CANNOT_UNPACK.intersection(codings):
            instead = (
                f"It is compressed (Content-Encoding: {', '.join(sorted(unknown))}), "
                "which Zelto does not unpack."
            )
        raise NotYet(f"What the server sent is no recording. {instead}") from None


@contextmanager
def _outcome_noted(recording: Recording) -> Iterator[None]:
    try:
        yield
    except Refused as error:
        recording.give_up(str(error))
    except NotYet as error:
        _try_while_young(recording, error)
    except NotNow as error:
        recording.try_later(str(error), after=error.after)
    except DeadlineExceeded:
        recording.try_later(took_too_long())
    except TooSlow:
        recording.try_later(too_slow(urlsplit(recording.source_url).hostname or ""))
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


def _try_while_young(recording: Recording, error: NotYet) -> None:
    if recording.may_still_come():
        recording.try_later(str(error), after=error.after, at_last=error.at_last)
    else:
        recording.give_up(error.at_last)


def _what_is_wrong(error: Exception) -> str:
    if isinstance(error, NotKept):
        return f"It was fetched and not kept as it is. {error}"
    if is_for_want_of_room(error):
        return "There is no room for it on this machine's disk."
    if why := certificate_fault(error):
        return f"It was fetched, and the storage could not be reached over TLS: {why}"
    return f"It was fetched but could not be kept ({type(error).__name__})."
