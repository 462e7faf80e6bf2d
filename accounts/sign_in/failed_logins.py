"""How often signing in may fail before a right password is refused as well.

Counted by address, by account and address, and by account, so that whoever guesses holds
up themselves and nobody else. A browser in which the account's owner signed in before
counts by itself alone.
"""

from __future__ import annotations

import hashlib

from allauth.core.internal import ratelimit
from allauth.core.internal.ratelimit import RateLimitUsage
from django.http import HttpRequest

from accounts.models import User
from accounts.sign_in.known_browser import sign_in_before

# Failures in so much time. One address alone does not get an account to its last limit.
LIMITS = {
    "failed_in_browser": "5/5m/key",
    "failed_from_address": "10/m/key",
    "failed_at_account_from_address": "5/5m/key",
    "failed_at_account": "50/30m/key",
}
NOBODYS_COUNTERS = 1000


def count_failure(request: HttpRequest, email: str) -> RateLimitUsage | None:
    """Count a failure in advance, and return what takes it back; None where there were
    too many before: then nothing is counted.
    """
    taken = RateLimitUsage([])
    for action, key in _counters(request, email).items():
        usage = ratelimit.consume(
            request, app="zelto", action=action, config=LIMITS, key=key
        )
        if usage is None:
            taken.rollback()
            return None
        taken.usage += usage.usage
    return taken


def forget_failures(request: HttpRequest, email: str) -> None:
    """Forget the failures at this account, but not those of the address at others."""
    for action, key in _counters(request, email).items():
        if action != "failed_from_address":
            ratelimit.clear(request, app="zelto", action=action, config=LIMITS, key=key)


def _counters(request: HttpRequest, email: str) -> dict[str, str]:
    """Return the keys of what counts this, by the names of LIMITS.

    Never with the Host header: its port is free to choose, and each one would give
    another five guesses.
    """
    if sign_in := sign_in_before(request, email):
        return {"failed_in_browser": sign_in}
    address = ratelimit.get_ip(request)
    return {
        "failed_from_address": address,
        "failed_at_account_from_address": f"{email} {address}",
        "failed_at_account": _account(email),
    }


def _account(email: str) -> str:
    """Return what counts for an account: those that there are not share a few counters,
    or made-up addresses would crowd out the counts of all others.
    """
    if User.objects.filter(email=email).exists():
        return email
    digest = hashlib.sha256(email.encode("utf-8", "replace")).digest()
    return f"nobody {int.from_bytes(digest[:4]) % NOBODYS_COUNTERS}"
