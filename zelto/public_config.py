"""Read what an instance that others reach must be told, and refuse what is not safe."""

import re
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host

from zelto.base_address import (
    LOOPBACK_NAMES,
    HostRefused,
    base_address,
    normalized_host,
)
from zelto.env import env_bool, env_list, env_text, secret_key
from zelto.mail_config import mail_config

OTHERS_COME = "once ZELTO_BASE_URL names another host than localhost"
MIN_TOKEN_CHARACTERS = 16


def is_local() -> bool:
    """Tell whether only this machine reaches Zelto, as ZELTO_BASE_URL has it.

    Raises:
        ImproperlyConfigured: ZELTO_BASE_URL is no address.
    """
    return base_address().host in LOOPBACK_NAMES


def allowed_hosts() -> list[str]:
    """Return the host names that requests may ask for.

    Raises:
        ImproperlyConfigured: others reach Zelto, and it is not said, or wrongly, by which.
    """
    host = base_address().host
    hosts = [_allowed_host(text) for text in env_list("ALLOWED_HOSTS", [])]
    if is_local():
        return hosts or LOOPBACK_NAMES
    if not hosts:
        raise ImproperlyConfigured(
            f"ALLOWED_HOSTS must be set {OTHERS_COME}; set ALLOWED_HOSTS={host}"
        )
    if "*" in hosts:
        raise ImproperlyConfigured(
            f"ALLOWED_HOSTS must name hosts {OTHERS_COME}, such as {host}: with * anybody "
            "may ask for any name."
        )
    if not validate_host(host, hosts):
        raise ImproperlyConfigured(
            f"ALLOWED_HOSTS lacks {host}, the host of ZELTO_BASE_URL; add it."
        )
    return hosts


def _allowed_host(text: str) -> str:
    """Return one of ALLOWED_HOSTS as Django compares it: no scheme, port or path, IPv6 in
    brackets, a dot in front for a domain with all that is below it.

    Raises:
        ImproperlyConfigured: it is no host name.
    """
    if text == "*":
        return text
    bare = re.sub(r"^https?://|/+$", "", text, flags=re.IGNORECASE)
    if (not bare.startswith("[") and bare.count(":") == 1) or "]:" in bare:
        bare = re.sub(r":[0-9]*$", "", bare)
    if bare.startswith("*."):
        raise ImproperlyConfigured(
            f"ALLOWED_HOSTS has {text!r}: a domain with all names below it is written "
            f"{bare[1:]}"
        )
    dot = "." if bare.startswith(".") else ""
    try:
        return dot + normalized_host(bare.removeprefix("."))
    except HostRefused as refused:
        raise ImproperlyConfigured(
            f"ALLOWED_HOSTS must be host names, separated by commas; {refused}."
        ) from None


def behind_proxy() -> bool:
    """Tell whether a web server in front says who asks, and over which scheme.

    Raises:
        ImproperlyConfigured: ZELTO_BASE_URL begins with https, and it is not said.
    """
    if base_address().scheme == "https" and not env_text("ZELTO_BEHIND_PROXY"):
        raise ImproperlyConfigured(
            "ZELTO_BEHIND_PROXY must be set once ZELTO_BASE_URL begins with https: to "
            "true where the web server in front sets X-Forwarded-For and "
            "X-Forwarded-Proto itself, else to false. Without it everybody would seem "
            "to come from one address, and one who guesses passwords would lock out all."
        )
    return env_bool("ZELTO_BEHIND_PROXY", False)


def debug() -> bool:
    """Tell whether errors are shown in the browser.

    Raises:
        ImproperlyConfigured: they would be shown to others.
    """
    shows = env_bool("DEBUG", False)
    if shows and not is_local():
        raise ImproperlyConfigured(
            f"DEBUG must be false {OTHERS_COME}: it shows code and data to anybody."
        )
    return shows


def metrics_token() -> str:
    """Return what opens /metrics, or an empty text.

    Raises:
        ImproperlyConfigured: it is so short that it can be guessed.
    """
    token = env_text("ZELTO_METRICS_TOKEN")
    if token and len(token) < MIN_TOKEN_CHARACTERS:
        raise ImproperlyConfigured(
            f"ZELTO_METRICS_TOKEN must have {MIN_TOKEN_CHARACTERS} characters or more; "
            "make one with: openssl rand -hex 16"
        )
    return token


def check_public_config(data_dir: Path) -> None:
    """Accept settings that are safe for those who reach this instance.

    Raises:
        ImproperlyConfigured: one is not; the text names it and what to do.
    """
    for read in (allowed_hosts, behind_proxy, debug, metrics_token, mail_config):
        read()
    secret_key(data_dir, required=not is_local())
