"""Doors from the broker. The rules are in `processing`."""

from __future__ import annotations

from celery import shared_task

from integrations import processing


@shared_task
def process_deliveries() -> None:
    processing.process_until_quiet()
