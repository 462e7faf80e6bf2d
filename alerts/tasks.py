"""The Celery tasks of this app."""
