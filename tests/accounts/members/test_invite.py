import re
from datetime import timedelta
from smtplib import SMTPServerDisconnected
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from accounts.actions import AlreadyMember, invite
from accounts.models import Invitation

URL = "/org/acme/settings/members/invite"


def send(client, email="eve@example.org", role="member", form_token=None):
    fields = {"email": email, "role": role, "form_token": form_token or uuid4()}
    return client.post(URL, fields)


def link_in(response):
    links = re.findall(
        r"<code>(http\S+/invitation/[\w-]+)</code>", response.content.decode()
    )
    return links[0] if links else None


def test_it_shows_the_link_once_beside_mailing_it(
    dora_client, dora, organization, mailoutbox, settings
):
    response = send(dora_client, "Eve@Example.org")
    link = link_in(response)
    assert link.startswith(f"{settings.BASE_URL}/invitation/")
    assert "no-store" in response["Cache-Control"]
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role) == ("eve@example.org", "member")
    assert invitation.invited_by == dora
    assert invitation.expires_at - invitation.created_at == timedelta(days=7)
    (mail,) = mailoutbox
    assert mail.to == ["eve@example.org"]
    assert mail.subject == "Join Acme on Zelto"
    assert link in mail.body
    page = dora_client.get("/org/acme/settings/members").content.decode()
    assert "eve@example.org" in page
    assert "/invitation/" not in page


def test_it_keeps_only_the_digest_of_the_link(alice, organization):
    invited = invite(
        organization=organization, email="eve@example.org", role="member", by=alice
    )
    assert invited.link
    token = invited.link.rpartition("/")[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT i::text FROM accounts_invitation i")
        assert token not in str(cursor.fetchall())
    assert Invitation.objects.with_token(token) == invited.invitation


def test_a_refresh_sends_nothing_again(alice_client, mailoutbox):
    form_token = uuid4()
    assert link_in(send(alice_client, form_token=form_token))
    again = send(alice_client, form_token=form_token)
    assert link_in(again) is None
    assert "by this form already" in again.content.decode()
    assert len(mailoutbox) == 1


def test_inviting_again_voids_the_earlier_link(alice_client, client, mailoutbox):
    first = link_in(send(alice_client))
    second = link_in(send(alice_client, "EVE@example.org", "admin"))
    assert Invitation.objects.count() == 1
    assert Invitation.objects.get().role == "admin"
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200
    assert len(mailoutbox) == 2


def test_inviting_again_prolongs_an_expired_one(alice_client, client):
    send(alice_client)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert b"Expired" in alice_client.get("/org/acme/settings/members").content
    assert client.get(link_in(send(alice_client))).status_code == 200


def test_it_refuses_who_is_a_member(alice_client, bob, organization, alice):
    response = send(alice_client, "BOB@example.org")
    assert b"a member already" in response.content
    assert not Invitation.objects.exists()
    with pytest.raises(AlreadyMember):
        invite(organization=organization, email=bob.email, role="admin", by=alice)


@pytest.mark.parametrize(
    ("email", "role"),
    [("nonsense", "member"), ("", "member"), ("a@b.example", ""), ("a@b.example", "x")],
)
def test_it_refuses_what_does_not_fit(email, role, alice_client, mailoutbox):
    response = send(alice_client, email, role)
    assert response.context["form"].errors
    assert not Invitation.objects.exists()
    assert not mailoutbox


def test_an_admin_lets_nobody_in_above_themselves(dora_client, alice_client):
    response = send(dora_client, role="owner")
    assert list(response.context["form"].errors) == ["role"]
    assert not Invitation.objects.exists()
    send(alice_client, role="owner")
    assert Invitation.objects.get().role == "owner"


def test_it_says_when_the_mail_could_not_be_sent(alice_client, monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise SMTPServerDisconnected

    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)
    response = send(alice_client)
    assert b"could not be sent" in response.content
    token = link_in(response).rpartition("/")[2]
    assert token not in caplog.text


def test_it_says_when_there_is_no_mail_server(alice_client, settings):
    assert b"No mail server is set up" in send(alice_client).content
    settings.EMAIL_HOST = "mail.example.org"
    assert b"gets a mail" in send(alice_client).content


def test_going_back_to_its_address_shows_the_members(alice_client):
    assert alice_client.get(URL)["Location"] == "/org/acme/settings/members"


def test_it_refuses_a_member(bob_client, organization):
    assert send(bob_client).status_code == 403
    assert not Invitation.objects.exists()


def test_it_refuses_an_outsider(client, charlie_client, organization):
    assert send(charlie_client).status_code == 404
    assert send(client)["Location"].startswith("/login")
    assert not Invitation.objects.exists()


def test_an_admin_does_not_take_down_what_an_owner_invited(
    dora_client, alice_client, client, organization, dora
):
    link = link_in(send(alice_client, role="owner"))
    response = send(dora_client, role="member")
    assert "An owner invited this person as owner" in response.content.decode()
    assert link_in(response) is None
    invitation = Invitation.objects.get()
    assert invitation.role == "owner"
    url = f"/org/acme/settings/members/invitations/{invitation.pk}/revoke"
    assert url not in dora_client.get("/org/acme/settings/members").content.decode()
    assert dora_client.post(url).status_code == 403
    assert client.get(link).status_code == 200
    assert url in alice_client.get("/org/acme/settings/members").content.decode()
    assert link_in(send(alice_client, role="member"))
    assert Invitation.objects.get().role == "member"


def test_an_admin_may_replace_it_once_it_has_expired(dora_client, alice_client):
    send(alice_client, role="owner")
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert link_in(send(dora_client, role="member"))
    assert Invitation.objects.get().role == "member"
