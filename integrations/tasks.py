"""Doors from the broker. The rules are in `processing` and `retention`."""

from __future__ import annotations

from celery import shared_task

from integrations import processing, retention


@shared_task
def process_deliveries() -> None:
    processing.process_until_quiet()


@shared_task
def forget() -> None:
    retention.forget()
