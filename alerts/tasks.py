"""The Celery tasks of this app; what they do is in its folders."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from alerts.causes.of_zelto import MEDIA_PULSE
from alerts.judging.round import run_round
from alerts.messages import retention, sending, wakeup
from alerts.models import Progress
from conversations import worker_stop
from conversations.worker_wakeup import Throttle


@shared_task
def judge() -> None:
    """Look for what is wrong: in the worker."""
    run_round()


@shared_task
def judge_from_media() -> None:
    """Note that the media worker is there, and do what the worker has not done yet."""
    now = timezone.now()
    Progress.objects.update_or_create(name=MEDIA_PULSE, defaults={"at": now})
    run_round(now)


@shared_task
def send_messages() -> None:
    """Send messages until none is due; wake a worker where some are left."""
    if sending.send_due(worker_stop.requested.is_set):
        wakeup.wake_worker()


@shared_task
def forget_messages() -> None:
    """Forget old messages, and wake another run where there are more."""
    if retention.forget_old():
        _forget_more.wake()


_forget_more = Throttle(lambda **options: forget_messages.apply_async(**options))
