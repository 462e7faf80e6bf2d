"""Absolute links for mails and the terminal."""

from django.conf import settings


def absolute_url(path: str) -> str:
    """Return the path below the configured address, never below a request's Host
    header.
    """
    return f"{settings.BASE_URL}{path}"
