"""Mails to members and addresses, at a real mail server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_string, policy
from typing import Any

import pytest

from accounts.models import Membership, Organization, Role, User
from alerts.channels.kind import ChannelConfigError, Notice
from alerts.channels.registry import KINDS
from alerts.channels.text import Answer
from tests.accounts.mail.mail_server import Mailbox, mail_server
from tests.alerts.channels.conftest import notice
from tests.conftest import person


@pytest.fixture
def box() -> Mailbox:
    return Mailbox()


@pytest.fixture
def port(settings: Any) -> int:

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    settings.EMAIL_BACKEND = "accounts.mail.smtp.EmailBackend"
    settings.EMAIL_HOST = "localhost"
    settings.EMAIL_PORT = port
    settings.EMAIL_USE_SSL = settings.EMAIL_USE_TLS = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.DEFAULT_FROM_EMAIL = "zelto@example.com"
    return port


@pytest.fixture
def server(box: Mailbox, port: int) -> Iterator[None]:
    with mail_server(box, port):
        yield


@pytest.fixture
def about(organization: Organization, alice: User, dora: User, bob: User) -> Notice:
    return replace(notice(), organization_id=organization.pk)


def send(what: Notice, **form: str) -> Answer:
    return KINDS["email"].send(KINDS["email"].check(form).config, what)


@pytest.mark.usefixtures("server")
def test_one_mail_goes_to_owners_and_admins(about: Notice, box: Mailbox) -> None:
    answer = send(about)
    assert answer.was_taken
    assert (answer.status, answer.answer) == (250, "To 2 addresses.")
    (envelope,) = box.envelopes
    assert envelope.rcpt_tos == ["alice@example.org", "dora@example.org"]
    mail = message_from_string(box.texts[0], policy=policy.default)
    assert mail["Subject"].startswith("Alert: Front *desk* <!channel> @everyone")
    assert mail["Message-ID"] == f"<{about.message_id}@localhost>"
    assert mail["References"] == f"<{about.text.dedup_key}@localhost>"
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_content().replace("\r\n", "\n")
    assert "Since 14:02 its key <b>prod</b> was refused." in body
    assert "See the alert:\nhttps://zelto.example.com/org/acme/alerts" in body


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("people", "mailed"),
    [
        ("owners", {"alice"}),
        ("admins", {"alice", "dora"}),
        ("members", {"alice", "dora", "bob"}),
    ],
)
def test_members_are_mailed_by_their_role_at_that_moment(
    people: str, mailed: set[str], about: Notice, box: Mailbox
) -> None:
    send(about, people=people)
    assert set(box.envelopes[0].rcpt_tos) == {f"{one}@example.org" for one in mailed}


@pytest.mark.usefixtures("server")
def test_addresses_are_mailed_beside_them_each_once(
    about: Notice, box: Mailbox
) -> None:
    send(about, people="owners", addresses="ops@example.com, alice@example.org\n")
    assert box.envelopes[0].rcpt_tos == ["alice@example.org", "ops@example.com"]


@pytest.mark.usefixtures("server")
def test_nobody_outside_and_nobody_inactive_is_mailed(
    about: Notice, box: Mailbox, other_organization: Organization
) -> None:
    person("Mallory", other_organization, Role.OWNER)
    User.objects.filter(email="dora@example.org").update(is_active=False)
    send(about, people="members")
    assert set(box.envelopes[0].rcpt_tos) == {"alice@example.org", "bob@example.org"}


@pytest.mark.usefixtures("server")
def test_what_concerns_the_instance_goes_to_owners_only(
    about: Notice, box: Mailbox
) -> None:
    owners_only = replace(about, is_for_owners=True)
    send(owners_only, people="members", addresses="ops@example.com")
    assert box.envelopes[0].rcpt_tos == ["alice@example.org"]


@pytest.mark.usefixtures("server")
def test_a_name_cannot_write_a_header(about: Notice, box: Mailbox) -> None:
    text = replace(about.text, title="Desk\r\nBcc: eve@example.com\r\n\r\nHello")
    assert send(replace(about, text=text)).was_taken
    (envelope,) = box.envelopes
    assert "eve@example.com" not in envelope.rcpt_tos
    mail = message_from_string(box.texts[0], policy=policy.default)
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Alert: Desk Bcc: eve@example.com Hello"


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("replies", "said", "is_final"),
    [
        ({"DATA": "451 4.3.0 later"}, "did not take the mail (451 4.3.0).", False),
        ({"RCPT": "550 5.1.1 no such"}, "refused the address (550 5.1.1).", True),
        ({"RCPT": "450 4.2.1 busy"}, "refused the address (450 4.2.1).", False),
        ({"MAIL": "550 5.7.1 no"}, "refused the sender", False),
    ],
)
def test_it_says_what_the_mail_server_said_without_who(
    replies: dict[str, str], said: str, is_final: bool, about: Notice, box: Mailbox
) -> None:
    box.replies = replies
    answer = send(about)
    assert not answer.was_taken
    assert said in answer.reason
    assert answer.is_final is is_final
    assert "@" not in answer.reason


@pytest.mark.usefixtures("server")
def test_it_says_how_many_of_several_addresses_were_refused(
    about: Notice, box: Mailbox
) -> None:
    box.refuses = {"dora@example.org"}
    answer = send(about)
    assert answer.was_taken
    assert answer.answer == "To 1 address. The mail server refused 1 address."
    assert box.envelopes[0].rcpt_tos == ["alice@example.org"]


def test_a_mail_server_that_is_away_is_tried_again(about: Notice, port: int) -> None:
    answer = send(about)
    assert not answer.was_taken and not answer.is_final
    assert "cannot be reached" in answer.reason


def test_nobody_of_a_role_is_a_refusal(
    about: Notice, organization: Organization
) -> None:
    Membership.objects.all().delete()
    answer = send(about)
    assert (answer.was_taken, answer.is_final) == (False, True)
    assert answer.reason == "Nobody has this role any more."


@pytest.mark.parametrize(
    "form",
    [
        {"people": "nobody"},
        {"people": "everyone"},
        {"addresses": "no address"},
        {"addresses": "a@b.example\nb"},
        {"addresses": "\n".join(f"a{n}@example.com" for n in range(21))},
    ],
)
def test_it_refuses_whom_it_cannot_mail(form: dict[str, str]) -> None:
    with pytest.raises(ChannelConfigError):
        KINDS["email"].check(form)


def test_it_shows_who_is_mailed() -> None:
    checked = KINDS["email"].check({"people": "owners", "addresses": "a@b.example"})
    assert checked.shown == "Owners, a@b.example"
