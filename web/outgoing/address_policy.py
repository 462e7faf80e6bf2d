"""Which addresses of others are asked: public ones, and what the operator allows.

A name is resolved once, every address of it is judged, and the connection goes to the
one that was judged, so that a name which changes its mind is of no use.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from AntiSSRF import AntiSSRFPolicy, PolicyConfigOptions
from AntiSSRF._antissrf_agent import _AntiSSRFAdapter
from requests import PreparedRequest, Session
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import parse_url

from web.outgoing.authorities import authorities_file, shared_tls_context

# Beside the usual ones: forms of IPv6 that carry an address of IPv4 within.
ALSO_DENIED = ["::/96", "::ffff:0:0:0/96"]
Opened = Callable[[socket.socket], object]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
WEB_PORTS = {80, 443}
FIRST_FREE_PORT = 1024


class Forbidden(Exception):
    """Says in a sentence why this address is not asked."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Who may be asked for one purpose.

    allow: hosts and networks of the operator's own, each in its normal form. setting: by
        which the operator names them. is_plain_for_all: whether http is for public
        addresses too, or only for those of `allow`.
    """

    allow: tuple[str, ...]
    setting: str
    is_plain_for_all: bool = False

    @property
    def hosts(self) -> set[str]:
        """Return the names among those of the operator's own."""
        return {word.lower() for word in self.allow if _network(word) is None}

    @property
    def networks(self) -> list[Network]:
        """Return the networks among those of the operator's own."""
        return [one for word in self.allow if (one := _network(word)) is not None]

    def has(self, host: str) -> bool:
        """Tell whether the operator names this host; of a name, not by what it resolves
        to.
        """
        try:
            address = ipaddress.ip_address(host.strip("[]"))
        except ValueError:
            return host.lower() in self.hosts
        return any(address in network for network in self.networks)


def session_for(url: str, reach: Reach, opened: Opened) -> Session:
    """Return a session for one request to this address, and no redirect.

    opened: called with each connection as soon as it is there.

    Raises:
        Forbidden: the address is not asked.
    """
    session = Session()
    session.trust_env = False  # no proxy and no ~/.netrc
    session.verify = authorities_file()
    host = judge(url, reach)
    adapter = _Adapter(_policy(urlsplit(url).scheme, host, reach), opened)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def judge(url: str, reach: Reach) -> str:
    """Return the host of an address that may be asked; its numbers are judged when it
    is resolved.

    url: as requests has prepared it.

    Raises:
        Forbidden: it is of another scheme or port, or two readers disagree on its host.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        again = (parse_url(url).host or "").strip("[]")
    except ValueError:
        raise Forbidden("The address cannot be read.") from None
    if parts.scheme not in {"http", "https"}:
        raise Forbidden("Only http and https addresses are asked.")
    # Two readers must not disagree on who is meant.
    if not host or host != again:
        raise Forbidden("The address cannot be read.")
    is_odd = port is not None and port not in WEB_PORTS and port < FIRST_FREE_PORT
    if is_odd and not reach.has(host):
        raise Forbidden(f"Port {port} is not one that web servers have.")
    return host


def _policy(scheme: str, host: str, reach: Reach) -> AntiSSRFPolicy:
    kind = PolicyConfigOptions
    networks = [str(network) for network in reach.networks]
    if host in reach.hosts:
        policy = AntiSSRFPolicy(kind.NONE)
    elif scheme == "http" and not reach.is_plain_for_all:
        policy = AntiSSRFPolicy(kind.INTERNAL_ONLY)  # only those that are named
    else:
        policy = AntiSSRFPolicy(kind.EXTERNAL_ONLY_LATEST)
        policy.add_denied_addresses(ALSO_DENIED)
    policy.allow_plain_text_http = True
    policy.add_xff_header = False
    if networks:
        policy.add_allowed_addresses(networks)
    return policy


def _network(word: str) -> Network | None:
    try:
        return ipaddress.ip_network(word, strict=False)
    except ValueError:
        return None


class _Adapter(_AntiSSRFAdapter):  # type: ignore[misc]
    def __init__(self, policy: AntiSSRFPolicy, opened: Opened) -> None:
        super().__init__(policy)
        self.poolmanager.connection_pool_kw["ssl_context"] = shared_tls_context()
        self.poolmanager.pool_classes_by_scheme = _pools(opened)

    def build_connection_pool_key_attributes(
        self, request: PreparedRequest, *options: Any, **others: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Leave the file of authorities out: the context has them, and reading it again
        for each connection takes 30 ms.
        """
        host, pool = super().build_connection_pool_key_attributes(
            request, *options, **others
        )
        pool.pop("ca_certs", None)
        return host, pool

    def cert_verify(self, conn: Any, url: str, verify: object, cert: object) -> None:
        """Require that a certificate is good, by what the context trusts."""
        conn.cert_reqs = "CERT_REQUIRED"

    def add_headers(self, request: PreparedRequest, **options: object) -> None:
        # The library names the host without its port, which presigned addresses sign.
        request.headers["Host"] = urlsplit(request.url or "").netloc.rpartition("@")[2]


def _pools(opened: Opened) -> dict[str, type[HTTPConnectionPool]]:
    class Connection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            connection = super()._new_conn()
            opened(connection)
            return connection

    class SecureConnection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            connection = super()._new_conn()
            opened(connection)
            return connection

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = SecureConnection

    return {"http": Pool, "https": SecurePool}
