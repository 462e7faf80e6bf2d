"""Wire Zelto together; Celery's application is here, so that every task finds it."""

from zelto.celery import app as celery_app

__all__ = ["celery_app"]
