"""Doors from the broker. The rules are in `processing` and `retention`."""

from __future__ import annotations

from celery import shared_task

from conversations.worker_wakeup import Throttle
from integrations.delivery_log import retention
from integrations.processing import worker as processing_worker


@shared_task
def process_deliveries() -> None:
    if processing_worker.process_until_quiet():
        _process_more.wake()


@shared_task
def forget() -> None:
    if retention.forget().there_is_more:
        _forget_more.wake()


# Behind whatever waits in the queue by now.
_process_more = Throttle(lambda **options: process_deliveries.apply_async(**options))
_forget_more = Throttle(lambda **options: forget.apply_async(**options))
