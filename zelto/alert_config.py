"""Read which servers of the operator's own are told of alerts, and by which address others
are reached.
"""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from zelto.env import env_list
from zelto.recording_config import normalize_host

# Services with a fixed address, for which a relay may stand in.
SERVICES = ("pagerduty", "opsgenie", "telegram")


def alert_allow() -> list[str]:
    """Return the operator's own hosts and networks, each in its normal form.

    Raises:
        ImproperlyConfigured: one of ZELTO_ALERT_ALLOW is neither.
    """
    words = env_list("ZELTO_ALERT_ALLOW", [])
    return [normalize_host(word, "ZELTO_ALERT_ALLOW") for word in words]


def alert_base_urls() -> dict[str, str]:
    """Return addresses in the place of a service's own, by the service's name.

    Raises:
        ImproperlyConfigured: one of ZELTO_ALERT_BASE_URLS cannot be used.
    """
    urls = {}
    for word in env_list("ZELTO_ALERT_BASE_URLS", []):
        service, _, url = word.partition("=")
        if service not in SERVICES or not url.startswith(("https://", "http://")):
            raise ImproperlyConfigured(
                "ZELTO_ALERT_BASE_URLS names services and addresses, such as "
                "telegram=https://relay.example.com; services are "
                f"{', '.join(SERVICES)}."
            )
        urls[service] = url.rstrip("/")
    return urls
