"""The Celery tasks of this app; what they do is in its folders."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from alerts.causes.of_zelto import MEDIA_PULSE
from alerts.judging.progress import note
from alerts.judging.round import run_round


@shared_task
def judge() -> None:
    """Look for what is wrong: in the worker."""
    run_round()


@shared_task
def judge_from_media() -> None:
    """Note that the media worker is there, and do what the worker has not done yet."""
    now = timezone.now()
    note(MEDIA_PULSE, now)
    run_round(now)
