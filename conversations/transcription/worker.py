"""The worker's loop over what is to be transcribed: one at a time in a process, so that
fetching goes on beside it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from django.db import DatabaseError, InterfaceError, close_old_connections, transaction
from django.db.models.functions import Now
from django.utils import timezone

from conversations import bulk_write
from conversations.models import Charge, Conversation, Recording, Transcription
from conversations.models.charge import recording_subject
from conversations.organization_turns import ClaimTurns
from conversations.recordings.files import pieces_of, recordings_storage, sha256_of
from conversations.recordings.incoming import incoming_file, is_for_want_of_room
from conversations.recordings.lease_keeper import LeaseKeeper
from conversations.transcription import result_hook
from conversations.transcription.channel_roles import roles_of
from conversations.transcription.engine import Engine, OnProgress, engine
from conversations.transcription.engine_client import CannotTranscribe, Dropped
from conversations.transcription.queue import has_sent_turns
from conversations.transcription.results import TranscriptionResult
from conversations.transcription.turns import turns_of
from conversations.worker_stop import Turn, is_requested

logger = logging.getLogger(__name__)

INTERRUPTED = "Its worker was interrupted each time; it was given up."
# No job is begun after so long: what else is in the queue gets a turn.
TURN_SECONDS = 10.0
_one_at_a_time = threading.Lock()
_turns = ClaimTurns(Transcription, each=1)


def transcribe_until_none_is_due() -> bool:
    """Transcribe one after another, until none is due or the turn is
    over; return whether there may be more, and this process is not to end. Organizations
    take turns.

    Nothing is claimed where no engine is installed: it waits, and is done once there is
    one.
    """
    if not _one_at_a_time.acquire(blocking=False):
        return False
    turn = Turn(TURN_SECONDS)
    try:
        chosen = engine()
        while not turn.is_over and not chosen.missing():
            with _turns.next() as job:
                if job is None:
                    return False
                transcribe(job, chosen)
        return not (is_requested() or chosen.missing())
    finally:
        _one_at_a_time.release()


def transcribe(job: Transcription, chosen: Engine) -> None:
    """Do a job that was claimed; whatever comes of it is in its row."""
    if job.is_exhausted:
        job.give_up(INTERRUPTED)
        return
    recording = _current_recording(job)
    if recording is None:
        job.claimed().delete()
        return
    try:
        _transcribe(job, recording, chosen)
    except Dropped:
        if is_requested():
            job.put_back()
    except (DatabaseError, InterfaceError):
        # Nothing can be written down; it comes back when the lease ends.
        logger.exception("The database was away while a recording was transcribed")
    except FileNotFoundError:
        job.give_up("Its audio is no longer in the storage.")
    except CannotTranscribe as error:
        job.try_later(str(error))
    except Exception as error:
        # Whatever a storage raises: a bucket that is away, a disk that is full.
        logger.exception("A recording could not be transcribed")
        job.try_later(_what_is_wrong(error))


def _what_is_wrong(error: Exception) -> str:
    if is_for_want_of_room(error):
        return "There is no room for a copy of its audio on this machine's disk."
    return f"Its audio could not be read: {type(error).__name__}."


def _current_recording(job: Transcription) -> Recording | None:
    """Return the recording that is there now; None where it is gone, or where turns
    were sent meanwhile."""
    if has_sent_turns(job.conversation_id):
        return None
    recordings = Recording.objects.stored().select_related("conversation")
    return recordings.filter(pk=job.conversation_id).first()


def _transcribe(job: Transcription, recording: Recording, chosen: Engine) -> None:
    if job.file != recording.file:  # another one took its place before it was claimed
        job.file = recording.file
        job.renew(file=recording.file)
    channels = recording.channels or 1
    share = 0.0

    def on_progress(done: float) -> bool:
        nonlocal share
        share = done
        return keeper.goes_on

    with (
        LeaseKeeper(job, lambda: {"progress": share}) as keeper,
        local_copy(recording.file, on_progress) as path,
    ):
        heard = chosen.transcribe(path, channels, on_progress)
    roles = roles_of(channels, recording.conversation.metadata)
    close_old_connections()
    finish(
        job,
        TranscriptionResult(
            turns=turns_of(heard, roles),
            duration_seconds=recording.duration_seconds or 0.0,
            sha256=sha256_of(recording.file),
            made_by=chosen.name,
        ),
    )


def finish(job: Transcription, transcript: TranscriptionResult) -> None:
    """Close the job, hand its turns over and charge its minutes, in one transaction.

    Nothing of it where the job is no longer ours: given to another worker, erased, or
    of audio that was replaced.
    """
    conversations = Conversation.objects.select_related("organization")
    with transaction.atomic(durable=True):
        conversation = (
            conversations.select_for_update(of=("self",))
            .filter(pk=job.conversation_id)
            .first()
        )
        if conversation is None:
            return
        if not _is_of_the_audio(job):
            job.claimed().update(**Transcription.afresh(), progress=0)
            return
        done = job.claimed().update(
            state=Transcription.State.DONE,
            claim=None,
            lease_until=None,
            last_error="",
            progress=1,
            made_by=transcript.made_by,
            finished_at=Now(),
        )
        if not done:
            return
        result_hook.hand_over(conversation, transcript)
        _charge(conversation, transcript)


def _is_of_the_audio(job: Transcription) -> bool:
    files = Recording.objects.filter(pk=job.conversation_id).values_list("file")
    return sha256_of(job.file) in {sha256_of(file) for (file,) in files}


def _charge(conversation: Conversation, transcript: TranscriptionResult) -> None:
    """Charge one recording once, ever: the constraint ignores what is charged."""
    if conversation.is_test:
        return
    minutes = Decimal(str(transcript.duration_seconds)) / 60
    charge = Charge(
        organization=conversation.organization,
        meter=Charge.Meter.TRANSCRIPTION_MINUTES,
        subject=recording_subject(
            conversation.organization,
            conversation.provider,
            conversation.external_id,
            transcript.sha256,
        ),
        quantity=minutes.quantize(Decimal("0.0001")),
        charged_at=timezone.now(),
    )
    bulk_write.insert_missing([charge], unique=["organization_id", "meter", "subject"])


@contextmanager
def local_copy(name: str, on_progress: OnProgress) -> Iterator[Path]:
    """Give the file itself where the storage is a folder; else a copy, for as long.

    Raises:
        FileNotFoundError: the storage has no such file.
        Dropped: `on_progress` returned False.
    """
    storage = recordings_storage()
    try:
        path = Path(storage.path(name))
    except NotImplementedError:
        pass
    else:
        if not path.exists():
            raise FileNotFoundError(name)
        yield path
        return
    with incoming_file() as copy:
        with copy.open("wb") as file:
            for piece in pieces_of(name):
                if not on_progress(0.0):
                    raise Dropped
                file.write(piece)
        yield copy
