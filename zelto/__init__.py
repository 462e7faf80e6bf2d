"""The wiring. Celery's application is made here, so that every task finds it."""

from zelto.celery import app as celery_app

__all__ = ["celery_app"]
