"""The link with which the first owner takes over an empty instance.

Derived from the secret key, so nothing is stored and each start prints the same link
until somebody used it. It is void as soon as there is any user.
"""

from __future__ import annotations

from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.links import absolute_url
from accounts.models import User


def token() -> str:
    return salted_hmac(
        "accounts.first_owner", "welcome", algorithm="sha256"
    ).hexdigest()


def is_token(text: str) -> bool:
    return constant_time_compare(text, token())


def has_owner() -> bool:
    return User.objects.exists()


def link() -> str | None:
    """None once there is a user."""
    if has_owner():
        return None
    return absolute_url(reverse("accounts:welcome", kwargs={"token": token()}))
