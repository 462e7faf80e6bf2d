"""A real mail server on loopback (aiosmtpd), which refuses what a test wants refused."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

USER, PASSWORD = "zelto", "s3cret of the mail server"


@dataclass
class Mailbox:
    """Keep what arrives; answer what `replies` has for a command in its place."""

    replies: dict[str, str] = field(default_factory=dict)
    envelopes: list[Envelope] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    wants_domain: bool = False
    # Addresses that are refused, while others are taken.
    refuses: set[str] = field(default_factory=set)

    @property
    def texts(self) -> list[str]:
        return [
            one.content.decode() if isinstance(one.content, bytes) else ""
            for one in self.envelopes
        ]

    async def handle_EHLO(
        self,
        server: Any,
        session: Any,
        envelope: Envelope,
        name: str,
        responses: list[str],
    ) -> list[str]:
        if self.wants_domain and "." not in name:
            return [f"504 5.5.2 <{name}>: need fully-qualified hostname"]
        self.names.append(name)
        session.host_name = name
        return responses

    async def handle_HELO(
        self, server: Any, session: Any, envelope: Envelope, name: str
    ) -> str:
        return f"504 5.5.2 <{name}>: need fully-qualified hostname"

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        if reply := self.replies.get("MAIL"):
            return reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        if reply := self.replies.get("RCPT"):
            return reply.format(address)
        if address in self.refuses:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if reply := self.replies.get("DATA"):
            return reply
        self.envelopes.append(envelope)
        return "250 OK"

    def authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == (USER, PASSWORD), handled=False)


@contextmanager
def mail_server(
    box: Mailbox,
    port: int,
    *,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    login: bool = False,
) -> Iterator[None]:
    """Run it; tls: from the first byte. starttls: required. login: required."""
    options: dict[str, Any] = {}
    if starttls is not None:
        options |= {"tls_context": starttls, "require_starttls": True}
    if login:
        options |= {
            "authenticator": box.authenticate,
            "auth_required": True,
            "auth_require_tls": tls is None,
        }
    server = Controller(
        box, hostname="127.0.0.1", port=port, ssl_context=tls, **options
    )
    server.start()
    try:
        yield
    finally:
        server.stop()


@contextmanager
def silent_server() -> Iterator[int]:
    """Yield the port of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]
