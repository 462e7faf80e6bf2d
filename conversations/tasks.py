"""Tasks that the broker starts; what they do is in the features' own folders."""

from __future__ import annotations

from celery import shared_task
from celery.signals import worker_shutting_down
from django.utils import timezone

from conversations import worker_stop
from conversations.agents import merging
from conversations.arrivals import learning
from conversations.changes import positions
from conversations.recordings import fetch_worker, files, wakeup
from conversations.transcription import worker as transcription_worker
from conversations.worker_wakeup import Throttle

# A worker has other things to do as well.
SECONDS_AT_ONCE = 1.0


@shared_task
def move_merged_conversations() -> None:
    """Move conversations of merged agents for a second, then queue the rest."""
    if merging.move_merged_conversations(seconds=SECONDS_AT_ONCE):
        move_merged_conversations.delay()


@shared_task
def give_positions_to_changes() -> None:
    """Give positions to changes for a second, then queue the rest."""
    if positions.give_waiting_positions(seconds=SECONDS_AT_ONCE):
        give_positions_to_changes.delay()


@shared_task
def learn_arrivals() -> None:
    """Learn when sessions arrive for a second, then queue the rest."""
    if learning.learn_arrivals(timezone.now(), seconds=SECONDS_AT_ONCE):
        learn_arrivals.delay()


@shared_task
def fetch_recordings() -> None:
    """Fetch recordings until none is due; wake a worker where some are left."""
    if fetch_worker.fetch_until_none_is_due():
        wakeup.wake_worker()


@shared_task
def delete_unused_files() -> None:
    """Delete files that no recording names any more."""
    files.delete_unused()


@shared_task
def transcribe() -> None:
    """Transcribe recordings until none is due; wake a worker where some are left."""
    if transcription_worker.transcribe_until_none_is_due():
        _transcribe_more.wake()


_transcribe_more = Throttle(lambda **options: transcribe.apply_async(**options))


@worker_shutting_down.connect
def stop_running_tasks(**details: object) -> None:
    """Tell the tasks of this process that it is to end."""
    worker_stop.requested.set()
