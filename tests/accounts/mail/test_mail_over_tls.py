"""Mail servers whose certificate an authority of the operator's own signed."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from django.core.mail import EmailMessage
from django.test import override_settings

from tests.private_authority import PrivateAuthority

REPLIES = {
    b"EHLO": b"250-mail\r\n250 STARTTLS\r\n",
    b"STAR": b"220 Go on\r\n",
    b"DATA": b"354 Go on\r\n",
}
STARTTLS, AT_ONCE = {"EMAIL_USE_TLS": True}, {"EMAIL_USE_SSL": True}


class MailServer:
    """A mail server that keeps what it takes. at_once: TLS from the first byte."""

    def __init__(self, tls: ssl.SSLContext, *, at_once: bool) -> None:
        self.tls, self.at_once = tls, at_once
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.taken: list[bytes] = []

    @contextmanager
    def running(self) -> Iterator[int]:
        threading.Thread(target=self._accept, daemon=True).start()
        try:
            yield self.listener.getsockname()[1]
        finally:
            with suppress(OSError):
                self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                with suppress(OSError), client:
                    self._talk(client)

    def _talk(self, client: socket.socket) -> None:
        if self.at_once:
            with self.tls.wrap_socket(client, server_side=True) as secured:
                self._answer(secured)
        else:
            self._answer(client)

    def _answer(self, client: socket.socket, greeting: bytes = b"220 mail\r\n") -> None:
        client.sendall(greeting)
        lines = client.makefile("rb")
        while line := lines.readline():
            word = line[:4].upper()
            client.sendall(REPLIES.get(word, b"250 Yes\r\n"))
            if word == b"DATA":
                self.taken.append(b"".join(iter(lines.readline, b".\r\n")))
                client.sendall(b"250 Yes\r\n")
            if word == b"STAR":
                with self.tls.wrap_socket(client, server_side=True) as secured:
                    return self._answer(secured, b"")
            if word == b"QUIT":
                return


Send = Callable[..., MailServer]


@pytest.fixture
def authority(tmp_path: Path) -> PrivateAuthority:
    return PrivateAuthority(tmp_path)


@pytest.fixture
def send(authority: PrivateAuthority, tmp_path: Path) -> Iterator[Send]:
    """Return `send(way, bundle=…, tls=…)`, which sends a mail and returns the server."""
    with ExitStack() as stack:

        def attempt(
            way: dict[str, bool], bundle: Path | None, tls: ssl.SSLContext
        ) -> MailServer:
            server = MailServer(tls, at_once="EMAIL_USE_SSL" in way)
            port = stack.enter_context(server.running())
            stack.enter_context(
                override_settings(
                    EMAIL_BACKEND="accounts.mail.smtp.EmailBackend",
                    EMAIL_HOST="127.0.0.1",
                    EMAIL_PORT=port,
                    **{"EMAIL_USE_TLS": False, "EMAIL_USE_SSL": False} | way,
                    CA_BUNDLE=bundle,
                    DATA_DIR=tmp_path / "data",
                )
            )
            EmailMessage("Join Acme", "Hello", to=["eve@example.org"]).send()
            return server

        yield attempt


@pytest.mark.parametrize("way", [STARTTLS, AT_ONCE])
def test_with_the_setting_the_mail_is_sent(
    authority: PrivateAuthority, send: Send, way: dict[str, bool]
) -> None:
    server = send(way, authority.file, authority.server())
    assert b"Subject: Join Acme" in server.taken[0]


@pytest.mark.parametrize("way", [STARTTLS, AT_ONCE])
def test_without_it_the_mail_is_not_sent(
    authority: PrivateAuthority, send: Send, way: dict[str, bool]
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        send(way, None, authority.server())


@pytest.mark.parametrize("way", [STARTTLS, AT_ONCE])
@pytest.mark.parametrize(
    ("names", "days"),
    [(["mail.example.com"], {}), ([], {"from_day": -9, "to_day": -2})],
)
def test_another_name_and_one_that_expired_are_refused(
    authority: PrivateAuthority,
    send: Send,
    way: dict[str, bool],
    names: list[str],
    days: dict[str, int],
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        send(way, authority.file, authority.server(*names, **days))
