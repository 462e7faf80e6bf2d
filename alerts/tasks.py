"""The Celery tasks of this app; what they do is in its folders."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from alerts.causes.of_zelto import MEDIA_PULSE
from alerts.judging.progress import note
from alerts.judging.round import run_round
from alerts.messages import retention, sending, wakeup
from alerts.outgoing_events import forgetting, telling
from alerts.summaries import telling as summaries
from conversations import worker_stop
from conversations.worker_wakeup import Throttle

# The process has other things to do as well.
SECONDS_AT_ONCE = 2.0


@shared_task
def judge() -> None:
    """Look for what is wrong: in the worker. Where the media worker, which sends, is away,
    send what it left.
    """
    run_round()
    if sending.are_left_lying():
        sending.send_due(worker_stop.requested.is_set)


@shared_task
def judge_from_media() -> None:
    """Note that the media worker is there, and do what the worker has not done yet."""
    now = timezone.now()
    note(MEDIA_PULSE, now)
    run_round(now)


@shared_task
def send_messages() -> None:
    """Send messages until none is due; wake a worker where some are left."""
    if sending.send_due(worker_stop.requested.is_set):
        wakeup.wake_worker()


@shared_task
def forget_messages() -> None:
    """Forget old messages, and wake another run where there are more."""
    if retention.forget_old() | forgetting.forget_told():
        _forget_more.wake()


@shared_task
def tell_of_conversations() -> None:
    """Make messages of what happened to conversations, and wake another run where there
    is more.
    """
    if telling.tell_of_conversations(seconds=SECONDS_AT_ONCE):
        _tell_more.wake()


@shared_task
def tell_of_weeks() -> None:
    """Queue the summaries of the week that are due."""
    summaries.tell_of_weeks(timezone.now())


_forget_more = Throttle(lambda **options: forget_messages.apply_async(**options))
_tell_more = Throttle(lambda **options: tell_of_conversations.apply_async(**options))
