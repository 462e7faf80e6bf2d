"""Doors from the broker. The rules are in `actions`."""

from __future__ import annotations

from celery import shared_task

from conversations import actions

# A worker has other things to do as well.
SECONDS_AT_ONCE = 1.0


@shared_task
def move_merged_conversations() -> None:
    if actions.move_merged_conversations(seconds=SECONDS_AT_ONCE):
        move_merged_conversations.delay()
