"""Mails that wait for a mail server: told to whoever asked, sent later, never in the log."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.db.models.functions import Now
from django.test import Client, override_settings
from django.utils import timezone

from accounts.actions import revoke_invitation
from accounts.mail import queue
from accounts.mail.queue import deliver, forget_expired, send_due
from accounts.mail.sealing import BrokenSeal, seal, unseal
from accounts.models import Invitation, User, WaitingMail
from integrations.tasks import forget, send_waiting_mails
from tests.accounts.mail.mail_server import Mailbox, mail_server

pytestmark = pytest.mark.django_db(transaction=True)

INVITE = "/org/acme/settings/members/invite"
MEMBERS = "/org/acme/settings/members"
NEW_KEY = "another secret key than the one before, which is long"


def invite(client: Client, email: str = "eve@example.org") -> Any:
    fields = {"email": email, "role": "member"}
    return client.post(INVITE, fields)


def never() -> bool:
    return False


def come_due() -> None:
    """Let the time pass until the next try."""
    waiting = WaitingMail.objects.filter(state=WaitingMail.State.WAITING)
    waiting.update(next_try_at=timezone.now() - timedelta(seconds=1))


def link_in(text: str) -> str:
    links = set(re.findall(r"http\S+/(?:invitation|password/reset)/[\w-]+", text))
    assert len(links) == 1
    return str(links.pop())


def test_an_invitation_is_told_and_comes_when_the_server_is_back(
    alice_client: Client, client: Client, port: int
) -> None:
    page = invite(alice_client).content.decode()
    assert "could not be sent just now" in page
    assert "kept and tried again" in page
    assert "Mail waits" in alice_client.get(MEMBERS).content.decode()
    box = Mailbox()
    with mail_server(box, port):
        send_waiting_mails()  # not yet due
        assert box.envelopes == []
        come_due()
        send_waiting_mails()
        send_waiting_mails()
    (text,) = box.texts
    assert link_in(text) == link_in(page)
    assert client.get(link_in(text)).status_code == 200
    assert not WaitingMail.objects.exists()
    assert "Mail waits" not in alice_client.get(MEMBERS).content.decode()


def test_the_link_to_another_password_is_told_and_comes_later(
    client: Client, alice: User, port: int
) -> None:
    response = client.post("/password/reset", {"email": alice.email}, follow=True)
    assert "could not be sent just now" in response.content.decode()
    box = Mailbox()
    with mail_server(box, port):
        come_due()
        send_due(never)
    (text,) = box.texts
    assert client.get(link_in(text), follow=True).status_code == 200


def test_nobody_learns_by_it_who_has_an_account(
    client: Client, alice: User, port: int
) -> None:
    known = client.post("/password/reset", {"email": alice.email}, follow=True)
    unknown = client.post("/password/reset", {"email": "no@example.org"}, follow=True)
    assert known.content == unknown.content
    assert WaitingMail.objects.count() == 2


def test_a_refused_address_is_told_and_not_tried_again(
    alice_client: Client, client: Client, alice: User, port: int
) -> None:
    box = Mailbox({"RCPT": "550 5.1.1 no such user"})
    with mail_server(box, port):
        page = invite(alice_client).content.decode()
        reset = client.post("/password/reset", {"email": alice.email}, follow=True)
    assert "refused the address (550 5.1.1)" in page
    assert "tried again" not in page
    assert "takes no mail to this address" in reset.content.decode()
    assert "Mail not sent" in alice_client.get(MEMBERS).content.decode()
    for mail in WaitingMail.objects.all():
        assert (mail.state, bytes(mail.sealed)) == ("failed", b"")
    box.replies.clear()
    with mail_server(box, port):
        send_due(never)
    assert box.envelopes == []


def test_another_address_of_ones_own_is_told_to_the_old_one_later(
    alice_client: Client, port: int
) -> None:
    change = {
        "email": "alice@elsewhere.example",
        "password": "a long walk by the river",
    }
    page = alice_client.post("/profile/email", change, follow=True).content.decode()
    assert "to alice@example.org could not be sent. It is kept" in page
    box = Mailbox()
    with mail_server(box, port):
        come_due()
        send_due(never)
    assert [one.rcpt_tos for one in box.envelopes] == [["alice@example.org"]]


def test_tries_are_bounded(alice_client: Client, port: int) -> None:
    invite(alice_client)
    waits = []
    while (mail := WaitingMail.objects.get()).state == "waiting":
        assert mail.next_try_at is not None
        waits.append(round((mail.next_try_at - timezone.now()).total_seconds(), -1))
        come_due()
        send_due(never)
    assert waits == [10, 60, 300, 1800, 7200, 21_600, 43_200]
    assert (mail.attempts, bytes(mail.sealed)) == (8, b"")
    assert "Mail not sent" in alice_client.get(MEMBERS).content.decode()


def test_sending_again_sends_the_later_link_alone(
    alice_client: Client, client: Client, port: int
) -> None:
    invite(alice_client)
    second = link_in(invite(alice_client).content.decode())
    box = Mailbox()
    with mail_server(box, port):
        come_due()
        send_due(never)
    assert [link_in(text) for text in box.texts] == [second]


def test_a_mail_whose_link_is_of_no_use_is_not_sent(
    alice_client: Client, alice: User, port: int
) -> None:
    for name in ("revoked", "accepted", "expired"):
        invite(alice_client, f"{name}@example.org")
    by_name = {one.email.split("@")[0]: one for one in Invitation.objects.all()}
    revoke_invitation(invitation=by_name["revoked"], by=alice)
    Invitation.objects.filter(pk=by_name["accepted"].pk).update(accepted_at=Now())
    expired = WaitingMail.objects.filter(invitation=by_name["expired"])
    expired.update(expires_at=Now())
    box = Mailbox()
    with mail_server(box, port):
        come_due()
        send_due(never)
    assert box.envelopes == []
    assert not WaitingMail.objects.exists()


def test_it_is_forgotten_with_its_link(port: int, alice_client: Client) -> None:
    invite(alice_client)
    mail = WaitingMail.objects.get()
    lifetime = mail.expires_at - timezone.now()
    assert abs(lifetime - Invitation.LIFETIME) < timedelta(minutes=1)
    assert forget_expired() == 0
    WaitingMail.objects.update(expires_at=Now())
    forget()
    assert not WaitingMail.objects.exists()


def test_the_database_alone_opens_nothing(
    alice_client: Client, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    token = link_in(invite(alice_client).content.decode()).rpartition("/")[2]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m::text, encode(sealed, 'escape') FROM accounts_waitingmail m"
        )
        row = str(cursor.fetchall())
    assert "eve@example.org" not in row
    assert token not in row
    assert token not in caplog.text


def test_another_secret_key_gives_it_up(
    alice_client: Client, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    invite(alice_client)
    come_due()
    with override_settings(SECRET_KEY=NEW_KEY):
        send_due(never)
    assert WaitingMail.objects.get().state == "failed"
    assert "SECRET_KEY" in caplog.text


@pytest.mark.parametrize("size", [0, 1, 31, 32, 33, 5_000])
def test_a_seal_gives_back_what_was_sealed_and_nothing_else(size: int) -> None:
    plain = b"x" * size
    sealed = seal(plain)
    assert unseal(sealed) == plain
    assert sealed != seal(plain)
    for broken in (sealed[:-1], sealed + b"x", b"", bytes(len(sealed))):
        with pytest.raises(BrokenSeal):
            unseal(broken)


def test_a_process_that_dies_while_it_sends_loses_no_mail(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = EmailMessage(
        "Join Acme", "https://zelto.example.com/…", to=["e@x.example"]
    )

    def die(*arguments: Any) -> None:
        raise SystemExit

    monkeypatch.setattr(queue, "_send", die)
    with pytest.raises(SystemExit):
        deliver(message, about="test", lifetime=timedelta(days=1))
    monkeypatch.undo()
    box = Mailbox()
    with mail_server(box, port):
        send_due(never)  # its lease is not over
        assert box.envelopes == []
        WaitingMail.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        send_due(never)
    assert len(box.envelopes) == 1


def test_a_process_that_is_to_end_takes_no_other_mail(
    alice_client: Client, port: int
) -> None:
    invite(alice_client)
    come_due()
    box = Mailbox()
    with mail_server(box, port):
        send_due(lambda: True)
    assert box.envelopes == []
    assert WaitingMail.objects.get().attempts == 1


def test_a_full_disk_keeps_the_mail_where_there_is_no_server(
    alice_client: Client, tmp_path: Path, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "accounts.mail.files.EmailBackend"
    (tmp_path / "taken").write_text("no folder")
    settings.EMAIL_FILE_PATH = tmp_path / "taken" / "mail"
    page = invite(alice_client).content.decode()
    assert "could not be written to the data folder" in page
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    come_due()
    send_due(never)
    assert len(list((tmp_path / "mail").iterdir())) == 1
