"""Doors from the broker. The rules are in `processing` and `retention`."""

from __future__ import annotations

from celery import shared_task

from integrations.delivery_log import retention
from integrations.processing import worker as processing_worker


@shared_task
def process_deliveries() -> None:
    processing_worker.process_until_quiet()


@shared_task
def forget() -> None:
    retention.forget()
