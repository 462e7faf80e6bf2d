"""Doors from the broker. The rules are in `actions`, `recordings` and `transcription`."""

from __future__ import annotations

from celery import shared_task
from celery.signals import worker_shutting_down

from conversations.agents import merging
from conversations.recordings import fetch_worker, files, lease_keeper
from conversations.transcription import worker as transcription_worker

# A worker has other things to do as well.
SECONDS_AT_ONCE = 1.0


@shared_task
def move_merged_conversations() -> None:
    if merging.move_merged_conversations(seconds=SECONDS_AT_ONCE):
        move_merged_conversations.delay()


@shared_task
def fetch_recordings() -> None:
    fetch_worker.fetch_until_none_is_due()


@shared_task
def delete_unused_files() -> None:
    files.delete_unused()


@shared_task
def transcribe() -> None:
    transcription_worker.transcribe_until_none_is_due()


@worker_shutting_down.connect
def end_what_would_take_minutes(**told: object) -> None:
    lease_keeper.shut_down()
    transcription_worker.ending.set()
