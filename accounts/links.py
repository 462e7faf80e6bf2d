"""Links that leave by mail or terminal."""

from django.conf import settings


def absolute_url(path: str) -> str:
    """Below the configured address, never below what a request's Host header says."""
    return f"{settings.BASE_URL}{path}"
