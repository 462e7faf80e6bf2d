"""Read what an instance that others reach must be told, and refuse what is not safe."""

import re
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host

from zelto.env import base_url, env_bool, env_list, env_text, secret_key

LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
OTHERS_COME = "once ZELTO_BASE_URL names another host than localhost"
MIN_TOKEN_CHARACTERS = 16


def base_address() -> SplitResult:
    """Return the parts of ZELTO_BASE_URL: scheme, host and port, and no more.

    Raises:
        ImproperlyConfigured: it is no such address.
    """
    shape = "ZELTO_BASE_URL must look like https://zelto.example.com"
    try:
        parts = urlsplit(base_url())
        _ = parts.port  # raises where it is no number
    except ValueError:
        raise ImproperlyConfigured(f"{shape}; it could not be read.") from None
    host = parts.netloc.rpartition(":")[0] if parts.port else parts.netloc
    if parts.scheme not in {"http", "https"} or not re.fullmatch(
        r"[\w.-]+|\[[0-9A-Fa-f:.]+\]", host
    ):
        raise ImproperlyConfigured(f"{shape} or http://zelto.internal:8000.")
    if parts.path or parts.query or parts.fragment:
        raise ImproperlyConfigured(
            f"{shape}, with no path behind the host: Zelto needs a host name of its own."
        )
    return parts


def base_host() -> str:
    """Return the host of ZELTO_BASE_URL in lower case, IPv6 in brackets.

    Raises:
        ImproperlyConfigured: ZELTO_BASE_URL is no address.
    """
    host = base_address().hostname or ""
    return f"[{host}]" if ":" in host else host


def is_local() -> bool:
    """Tell whether only this machine reaches Zelto, as ZELTO_BASE_URL has it.

    Raises:
        ImproperlyConfigured: ZELTO_BASE_URL is no address.
    """
    return base_host() in LOCAL_HOSTS


def allowed_hosts() -> list[str]:
    """Return the host names that requests may ask for.

    Raises:
        ImproperlyConfigured: others reach Zelto, and it is not said, or wrongly, by which.
    """
    host, hosts = base_host(), env_list("ALLOWED_HOSTS", [])
    if is_local():
        return hosts or LOCAL_HOSTS
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
    for read in (allowed_hosts, behind_proxy, debug, metrics_token):
        read()
    secret_key(data_dir, required=not is_local())
