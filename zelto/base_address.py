"""Read ZELTO_BASE_URL and host names as a browser reads them, or refuse them.

A browser writes an address into `Origin` and `Host` in one spelling, whatever people
type: small letters, no port where it is the usual one, letters beyond ASCII as Punycode,
IP addresses at their shortest (https://url.spec.whatwg.org/#host-parsing). What is
compared with those must be spelled alike, or nobody can sign in.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import idna
from django.core.exceptions import ImproperlyConfigured

from zelto.env import env_int, env_text

LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"]
USUAL_PORTS = {"http": 80, "https": 443}
MAX_NAME_CHARACTERS = 253
SHAPE = "ZELTO_BASE_URL must look like https://zelto.example.com"
# Browsers leave some of them out and take others for a slash.
NOT_IN_AN_ADDRESS = re.compile(r"[\x00-\x20\x7f\\\"'<>^`{|}]|\s")
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class HostRefused(ValueError):
    """Why a text is no name of a host; the text is a clause that says it."""


@dataclass(frozen=True)
class BaseAddress:
    """An address without a path, as a browser spells it in `Origin`.

    host: as in `Host`, IPv6 in brackets. port: None where it is the scheme's usual one.
    """

    scheme: str
    host: str
    port: int | None

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"


def base_address() -> BaseAddress:
    """Return ZELTO_BASE_URL, or where it is not set localhost with PORT.

    Raises:
        ImproperlyConfigured: it is no address of a host; the text says what to write.
    """
    port = env_int("PORT", 8000, minimum=1)
    return read_address(env_text("ZELTO_BASE_URL", f"http://localhost:{port}"))


def read_address(text: str) -> BaseAddress:
    """Return the address that this text spells.

    Raises:
        ImproperlyConfigured: it spells none, or one with more than scheme, host and
            port; the text says what to write. It never quotes a password.
    """
    if NOT_IN_AN_ADDRESS.search(text):
        raise ImproperlyConfigured(
            f"{SHAPE}, without quotes, spaces or backslashes in it."
        )
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(
            f"{SHAPE}; it could not be read. A port is a number from 1 to 65535, an "
            "IPv6 address stands in brackets."
        ) from None
    _check_parts(parts)
    if port == 0:
        raise ImproperlyConfigured(f"{SHAPE}; its port must be 1 to 65535.")
    if port == USUAL_PORTS[parts.scheme]:
        port = None
    return BaseAddress(parts.scheme, _host_of(parts), port)


def _check_parts(parts: SplitResult) -> None:
    if parts.scheme not in USUAL_PORTS or not parts.netloc:
        raise ImproperlyConfigured(
            f"{SHAPE} or http://zelto.internal:8000; it begins with https:// or http://."
        )
    if "@" in parts.netloc:
        raise ImproperlyConfigured(
            f"{SHAPE}, without a user name or password before the host."
        )
    if parts.query or parts.fragment:
        raise ImproperlyConfigured(f"{SHAPE}, with nothing behind the host and port.")
    if parts.path.strip("/"):
        raise ImproperlyConfigured(
            f"{SHAPE}, with no path behind the host: Zelto does not work below a path. "
            "Give it a host name or a port of its own."
        )


def _host_of(parts: SplitResult) -> str:
    try:
        host = normalized_host(parts.hostname or "")
    except HostRefused as refused:
        raise ImproperlyConfigured(f"{SHAPE}; {refused}.") from None
    if host in {"0.0.0.0", "[::]"}:  # noqa: S104 - to refuse them
        raise ImproperlyConfigured(
            f"{SHAPE}; {host} is where a server listens (ZELTO_BIND), not an address "
            "that others can open."
        )
    return host


def normalized_host(text: str) -> str:
    """Return a host name or IP address as browsers send it in `Host`.

    text: IPv6 with or without brackets.

    Raises:
        HostRefused: no browser or server takes this for a host.
    """
    if ":" in text:
        return f"[{_ipv6(text.removeprefix('[').removesuffix(']'))}]"
    name = _in_ascii(text).removesuffix(".")
    labels = name.split(".")
    if NUMBER.fullmatch(labels[-1]):
        return _ipv4(name)
    if "_" in name:
        raise HostRefused(f"{name} has an underscore, which no host name may have")
    if len(name) > MAX_NAME_CHARACTERS or not all(map(LABEL.fullmatch, labels)):
        raise HostRefused(
            f"{name or 'nothing'} is no host name: letters, digits, dots and hyphens"
        )
    return name


def _in_ascii(text: str) -> str:
    """Return a name in small letters, and as Punycode where it has letters beyond ASCII.

    By UTS 46 without transitions, as browsers do: Python's own codec makes another name
    of `straße.example`.

    Raises:
        HostRefused: it has no such form.
    """
    if text.isascii():
        return text.lower()
    try:
        return idna.encode(text, uts46=True).decode("ascii").lower()
    except idna.IDNAError:
        raise HostRefused(
            f"{text} cannot be written in ASCII; write the form with xn-- that a "
            "browser shows"
        ) from None


def _ipv4(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise HostRefused(
            f"{text} is no IP address; write it in full, such as 192.0.2.7"
        ) from None


def _ipv6(text: str) -> str:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        raise HostRefused(f"{text} is no IPv6 address") from None
    if address.scope_id:
        raise HostRefused(
            f"{text} names an interface, which browsers do not take; leave out % and "
            "what follows"
        )
    if address.ipv4_mapped:
        high, low = divmod(int(address.ipv4_mapped), 0x10000)
        return f"::ffff:{high:x}:{low:x}"
    return address.compressed
