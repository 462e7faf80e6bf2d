"""The link with which the first owner takes over an empty instance.

It is derived from the secret key, so each start prints the same link until somebody
used it. It is void from the first user on, also after all users and organizations are
gone: the row that says so outlives them. A database that was made anew, or restored
from when it was empty, has nobody to protect and opens again.
"""

from __future__ import annotations

from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.links import absolute_url
from accounts.models import Claim


def token() -> str:
    """Return the token of the link, 64 hexadecimal digits."""
    return salted_hmac(
        "accounts.first_owner", "welcome", algorithm="sha256"
    ).hexdigest()


def is_token(text: str) -> bool:
    """Tell whether the text is the token of the link, in constant time."""
    return constant_time_compare(text, token())


def has_owner() -> bool:
    """Tell whether this instance ever had a user or an organization."""
    return Claim.objects.exists()


def link() -> str | None:
    """Return the link, or None once the instance has, or had, a user."""
    if has_owner():
        return None
    return absolute_url(reverse("accounts:welcome", kwargs={"token": token()}))
