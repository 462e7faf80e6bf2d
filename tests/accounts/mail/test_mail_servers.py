"""Mails to real servers: TLS in its two forms, and each way in which one refuses."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage

from accounts.mail.queue import Outcome, deliver
from accounts.models import WaitingMail
from tests.accounts.mail.certificates import make_certificate, server_context
from tests.accounts.mail.mail_server import (
    PASSWORD,
    USER,
    Mailbox,
    mail_server,
    silent_server,
)

pytestmark = pytest.mark.django_db

LINK = "https://zelto.example.com/invitation/s3cret-of-the-link"


def send(to: str = "eve@example.org") -> Outcome:
    message = EmailMessage("Join Łódź", f"Join here:\n\n{LINK}\n", to=[to])
    return deliver(message, about=f"test {to}", lifetime=timedelta(days=1))


def refused(outcome: Outcome, caplog: pytest.LogCaptureFixture) -> str:
    """Return the reason of a mail that was not sent; no secret is in it or in the log."""
    assert not outcome.is_sent
    records = [one for one in caplog.records if one.name.startswith("accounts")]
    log = "\n".join(one.getMessage() for one in records)
    for text in (outcome.reason, log, WaitingMail.objects.get().last_error):
        assert "s3cret" not in text
        assert "eve@" not in text
    assert outcome.reason in log
    assert not any(one.exc_info for one in records)
    return outcome.reason


def test_tls_from_the_first_byte(port: int, certificate: Path, settings: Any) -> None:
    settings.EMAIL_USE_SSL = True
    box = Mailbox()
    with mail_server(box, port, tls=server_context(certificate)):
        assert send() == Outcome(is_sent=True)
    (envelope,) = box.envelopes
    assert envelope.rcpt_tos == ["eve@example.org"]
    assert envelope.mail_from == "zelto@example.com"
    assert LINK in box.texts[0]
    assert not WaitingMail.objects.exists()


def test_starttls(port: int, certificate: Path, settings: Any) -> None:
    settings.EMAIL_USE_TLS = True
    box = Mailbox()
    with mail_server(box, port, starttls=server_context(certificate)):
        assert send().is_sent
    assert len(box.envelopes) == 1


def test_it_logs_in_over_tls(port: int, certificate: Path, settings: Any) -> None:
    settings.EMAIL_USE_SSL = True
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = USER, PASSWORD
    box = Mailbox()
    with mail_server(box, port, tls=server_context(certificate), login=True):
        assert send().is_sent
    assert box.logins == [USER]


def test_a_wrong_password_is_told_with_its_setting(
    port: int,
    certificate: Path,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.EMAIL_USE_SSL = True
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = USER, "s3cret but wrong"
    with mail_server(Mailbox(), port, tls=server_context(certificate), login=True):
        outcome = send()
    assert "EMAIL_HOST_PASSWORD (535 5.7.8)" in refused(outcome, caplog)
    assert outcome.is_kept


def test_starttls_where_tls_comes_first_names_the_other_setting(
    port: int,
    certificate: Path,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.EMAIL_USE_TLS = True
    settings.EMAIL_TIMEOUT = 1
    with mail_server(Mailbox(), port, tls=server_context(certificate)):
        outcome = send()
    assert "EMAIL_USE_SSL=true" in refused(outcome, caplog)
    assert outcome.is_kept


def test_tls_first_where_it_does_not_names_the_setting(
    port: int, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_USE_SSL = True
    with mail_server(Mailbox(), port):
        assert "EMAIL_USE_SSL=false" in refused(send(), caplog)


def test_a_server_without_starttls_is_not_sent_a_mail_in_the_clear(
    port: int, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_USE_TLS = True
    box = Mailbox()
    with mail_server(box, port):
        assert "offers no STARTTLS" in refused(send(), caplog)
    assert box.envelopes == []


@pytest.mark.parametrize("mode", ["EMAIL_USE_SSL", "EMAIL_USE_TLS"])
def test_a_certificate_that_nobody_signed_is_refused(
    port: int,
    tmp_path: Path,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    mode: str,
) -> None:
    setattr(settings, mode, True)
    context = server_context(make_certificate(tmp_path))
    is_first = mode == "EMAIL_USE_SSL"
    box = Mailbox()
    with mail_server(
        box,
        port,
        tls=context if is_first else None,
        starttls=None if is_first else context,
    ):
        reason = refused(send(), caplog)
    assert "certificate" in reason
    assert "EMAIL_HOST" in reason
    assert box.envelopes == []


def test_a_certificate_for_another_name_is_refused(
    port: int,
    tmp_path: Path,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.EMAIL_USE_SSL = True
    other = make_certificate(tmp_path, name="other.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    with mail_server(Mailbox(), port, tls=server_context(other)):
        assert "for another name" in refused(send(), caplog)


@pytest.mark.parametrize(
    ("command", "reply", "says", "is_kept"),
    [
        ("RCPT", "550 5.1.1 <{}>: no such user", r"address \(550 5\.1\.1\)", False),
        ("RCPT", "550 no such user {}", r"address \(550\)", False),
        ("RCPT", "450 4.2.0 <{}>: greylisted", r"address \(450 4\.2\.0\)", True),
        ("MAIL", "553 5.7.1 not yours", r"DEFAULT_FROM_EMAIL \(553 5\.7\.1\)", True),
        ("MAIL", "451 try again later", r"DEFAULT_FROM_EMAIL \(451\)", True),
        ("DATA", "554 5.7.1 looks like spam", r"take the mail \(554 5\.7\.1\)", True),
        ("DATA", "452 4.3.1 no room", r"take the mail \(452 4\.3\.1\)", True),
        ("DATA", "421 4.3.2 shutting down", r"\(421 4\.3\.2\)", True),
    ],
)
def test_what_a_server_refuses_is_told_by_its_code(
    port: int,
    caplog: pytest.LogCaptureFixture,
    command: str,
    reply: str,
    says: str,
    is_kept: bool,
) -> None:
    with mail_server(Mailbox({command: reply}), port):
        outcome = send()
    assert re.search(says, refused(outcome, caplog))
    assert outcome.is_kept is is_kept
    assert bool(WaitingMail.objects.get().sealed) is is_kept


def test_a_server_that_is_away_is_told(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    outcome = send()
    assert "Connection refused" in refused(outcome, caplog)
    assert outcome.is_kept


def test_a_server_that_says_nothing_is_waited_for_no_longer_than_that(
    port: int, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_TIMEOUT = 1
    with silent_server() as settings.EMAIL_PORT:
        outcome = send()
    assert "did not answer in time" in refused(outcome, caplog)
    assert outcome.is_kept


def test_a_name_that_nobody_has_is_told(
    port: int, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_HOST = "mail.invalid"
    assert "EMAIL_HOST" in refused(send(), caplog)


def test_a_domain_beyond_ascii_goes_in_punycode(port: int) -> None:
    box = Mailbox()
    with mail_server(box, port):
        assert send("eve@bücher.example").is_sent
    (envelope,) = box.envelopes
    assert envelope.rcpt_tos == ["eve@xn--bcher-kva.example"]


def test_an_address_that_cannot_be_written_fails_at_once(port: int) -> None:
    """A label that is too long once it is Punycode."""
    outcome = send(f"eve@{'ä' * 61}.example")
    assert not outcome.is_sent
    assert not outcome.is_kept
    assert outcome.reason == "No mail can be sent to such an address."


def test_a_sender_that_cannot_be_written_is_told(
    port: int, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.DEFAULT_FROM_EMAIL = f"zelto@{'ä' * 61}.example"
    with mail_server(Mailbox(), port):
        outcome = send()
    assert "DEFAULT_FROM_EMAIL" in refused(outcome, caplog)
    assert outcome.is_kept


def test_a_server_that_wants_a_name_with_a_domain_gets_that_of_the_address(
    port: int, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """As Postfix with `reject_non_fqdn_helo_hostname`, and Google's relay."""
    settings.EMAIL_LOCAL_HOSTNAME = "container-4f2a"
    box = Mailbox(wants_domain=True)
    with mail_server(box, port):
        assert "ZELTO_BASE_URL (504 5.5.2)" in refused(send(), caplog)
        settings.EMAIL_LOCAL_HOSTNAME = "zelto.example.com"
        assert send().is_sent
    assert box.names == ["zelto.example.com"]
