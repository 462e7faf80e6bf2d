"""What fields of channels have in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import urlsplit

from alerts.channels.http_post import reach
from alerts.channels.kind import ChannelConfigError, CheckedConfig, Config, Field
from web.outgoing.address_policy import Forbidden, judge

MAX_URL_CHARACTERS = 2000
# Of a secret that is shown: its last letters, where enough others are left.
SHOWN_CHARACTERS = 4
MIN_HIDDEN_CHARACTERS = 12


def required(values: Config, name: str, sentence: str) -> str:
    """Return a field without the space around it.

    Raises:
        ChannelConfigError: it is empty; `sentence` says so.
    """
    text = values.get(name, "").strip()
    if not text:
        raise ChannelConfigError(name, sentence)
    return text


def matched(
    values: Config, name: str, pattern: str, sentence: str, *, is_required: bool = True
) -> str:
    """Return a field that has a form; empty where it may be.

    Raises:
        ChannelConfigError: it has another form; `sentence` says which it needs.
    """
    text = values.get(name, "").strip()
    if (text or is_required) and not re.fullmatch(pattern, text, re.ASCII):
        raise ChannelConfigError(name, sentence)
    return text


def chosen(values: Config, name: str, choices: Iterable[tuple[str, str]]) -> str:
    """Return which of the choices it is; the first where it is empty.

    Raises:
        ChannelConfigError: it is none of them.
    """
    known = [value for value, _ in choices]
    value = values.get(name, "").strip() or known[0]
    if value not in known:
        raise ChannelConfigError(name, "Choose one of these.")
    return value


def web_address(
    values: Config, name: str = "url", *, hosts: Iterable[str] = (), example: str
) -> str:
    """Return an address that may be posted to.

    hosts: whose it must be, unless the operator names another; `.example.com` is each
        below that. Empty is anybody's.

    Raises:
        ChannelConfigError: it is none, or not one of those.
    """
    url = required(values, name, f"Enter the address. It looks like {example}")
    if len(url) > MAX_URL_CHARACTERS:
        raise ChannelConfigError(
            name, f"An address has at most {MAX_URL_CHARACTERS} characters."
        )
    parts = urlsplit(url)
    if not url.isascii() or re.search(r"[\s\\]", url) or "@" in parts.netloc:
        raise ChannelConfigError(name, f"This is no address. It looks like {example}")
    try:
        host = judge(url, reach())
    except Forbidden as error:
        raise ChannelConfigError(name, str(error)) from None
    if parts.scheme == "http" and not (reach().has(host) or reach().networks):
        raise ChannelConfigError(name, "It must begin with https://")
    if hosts and not (_is_one_of(host, hosts) or reach().has(host)):
        raise ChannelConfigError(
            name, f"This is the address of another service. It looks like {example}"
        )
    return url


def masked(secret: str) -> str:
    """Return the last letters of a secret, where enough of it stays hidden."""
    if len(secret) < SHOWN_CHARACTERS + MIN_HIDDEN_CHARACTERS:
        return "…"
    return f"…{secret[-SHOWN_CHARACTERS:]}"


def masked_address(url: str) -> str:
    """Return the host of an address and its last letters."""
    parts = urlsplit(url)
    rest = url.split(parts.netloc, 1)[1]
    return f"{parts.netloc}/{masked(rest)}"


def _is_one_of(host: str, hosts: Iterable[str]) -> bool:
    return any(
        host == one or (one.startswith(".") and host.endswith(one)) for one in hosts
    )


def webhook_check(
    hosts: Sequence[str], example: str
) -> Callable[[Config], CheckedConfig]:
    """Return the check of a kind that is reached by the address of a webhook alone. It
    raises ChannelConfigError where that is none of these hosts.
    """

    def check(values: Config) -> CheckedConfig:
        url = web_address(values, hosts=hosts, example=example)
        return CheckedConfig(masked_address(url), {"url": url})

    return check


def webhook_fields(example: str) -> tuple[Field, ...]:
    """Return the one field of such a kind."""
    return (
        Field("url", "Webhook address", f"It looks like {example}", is_secret=True),
    )
