import threading
from datetime import timedelta

import pytest
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.actions import (
    InvitationOfAnother,
    InvitationVoid,
    accept_invitation,
    invite,
)
from accounts.models import AuditEntry, Invitation, Membership, User

FIELDS = {"name": "Eve", "password": "nine calm otters float"}


@pytest.fixture
def make_invitation(alice, organization):
    def make(email="eve@example.org", role="member"):
        invited = invite(organization=organization, email=email, role=role, by=alice)
        assert invited.link
        return "/invitation/" + invited.link.rpartition("/")[2]

    return make


def role_of(email, organization):
    return Membership.objects.get(user__email=email, organization=organization).role


def test_it_signs_up_with_the_invited_address(client, organization, make_invitation):
    path = make_invitation(role="admin")
    content = client.get(path).content.decode()
    assert "Alice Example" in content
    assert "eve@example.org" in content
    response = client.post(path, {**FIELDS, "email": "boss@example.org"})
    assert response["Location"] == "/org/acme/"
    assert role_of("eve@example.org", organization) == "admin"
    assert not User.objects.filter(email="boss@example.org").exists()
    assert client.session[SESSION_KEY] == str(User.objects.get(name="Eve").pk)
    invitation = Invitation.objects.get()
    assert invitation.state() == "accepted"
    assert invitation.accepted_by == User.objects.get(name="Eve")


def test_it_refuses_a_weak_password(client, make_invitation):
    path = make_invitation()
    for weak in ("short", "eve@example.org", "password"):
        response = client.post(path, {**FIELDS, "password": weak})
        assert list(response.context["form"].errors) == ["password"]
    assert not User.objects.filter(name="Eve").exists()


def test_it_lets_in_one_person(client, make_invitation):
    path = make_invitation()
    client.post(path, FIELDS)
    response = Client().get(path)
    assert response.status_code == 410
    assert b"was used" in response.content
    assert Client().post(path, FIELDS).status_code == 410


def test_it_leads_who_joined_to_the_organization(client, make_invitation):
    path = make_invitation()
    client.post(path, FIELDS)
    assert client.get(path)["Location"] == "/org/acme/"


def test_it_expires_after_seven_days(client, charlie_client, make_invitation):
    path = make_invitation()
    invitation = Invitation.objects.get()
    assert invitation.state(timezone.now() + timedelta(days=6, hours=23)) == "pending"
    assert invitation.state(timezone.now() + timedelta(days=7)) == "expired"
    Invitation.objects.update(expires_at=timezone.now())
    for response in (
        client.get(path),
        client.post(path, FIELDS),
        charlie_client.get(path),
        charlie_client.post(f"{path}/accept"),
    ):
        assert response.status_code == 410
        assert b"has expired" in response.content
    assert not User.objects.filter(name="Eve").exists()
    assert Membership.objects.filter(organization__slug="acme").count() == 1


def test_it_asks_who_has_an_account_to_log_in(
    client, charlie, organization, make_invitation, password
):
    path = make_invitation(charlie.email)
    content = client.get(path).content.decode()
    assert f"/login?next={path}" in content
    # Signing up with that address is not a way around the password.
    client.post(path, FIELDS)
    assert SESSION_KEY not in client.session
    charlie.refresh_from_db()
    assert charlie.check_password(password)
    response = client.post(
        "/login", {"login": charlie.email, "password": password, "next": path}
    )
    assert response["Location"] == path
    assert b"Join as charlie@example.org" in client.get(path).content
    response = client.post(f"{path}/accept")
    assert response["Location"] == "/org/acme/"
    assert role_of(charlie.email, organization) == "member"


def test_another_account_may_not_accept_and_is_told_so(
    charlie_client, charlie, organization, make_invitation
):
    path = make_invitation()
    content = charlie_client.get(path).content.decode()
    assert "This invitation is for eve@example.org" in content
    assert "logged in as charlie@example.org" in content
    assert f"{path}/accept" not in content
    response = charlie_client.post(f"{path}/accept")
    assert response.status_code == 403
    assert "This invitation is for eve@example.org" in response.content.decode()
    assert not Membership.objects.filter(
        user=charlie, organization=organization
    ).exists()
    with pytest.raises(InvitationOfAnother):
        accept_invitation(invitation=Invitation.objects.get(), by=charlie)
    assert Invitation.objects.get().state() == "pending"


def test_that_account_is_offered_to_log_out_and_comes_back(
    charlie_client, make_invitation
):
    path = make_invitation()
    content = charlie_client.get(path).content.decode()
    assert 'action="/logout"' in content
    assert f'name="next" value="{path}"' in content
    response = charlie_client.post("/logout", {"next": path})
    assert response["Location"] == path
    assert b"eve@example.org" in charlie_client.get(path).content


def test_nobody_is_sent_to_another_account(client, make_invitation):
    content = client.get(make_invitation()).content.decode()
    assert "Ask for an invitation of that one" in content
    assert "/login?next" not in content


def test_it_never_lowers_a_role(alice, bob, bob_client, organization, make_invitation):
    path = make_invitation(role="member")
    Invitation.objects.update(email=bob.email)
    Membership.objects.filter(user=bob).update(role="owner")
    bob_client.post(f"{path}/accept")
    assert role_of(bob.email, organization) == "owner"
    # It is used up: whoever finds the link later joins with nothing.
    assert Invitation.objects.get().state() == "accepted"


def test_one_who_became_a_member_meanwhile_still_gets_the_higher_role(
    bob, bob_client, organization, make_invitation
):
    path = make_invitation(role="admin")
    Invitation.objects.update(email=bob.email)
    assert b"Join as bob@example.org" in bob_client.get(path).content
    bob_client.post(f"{path}/accept")
    assert role_of(bob.email, organization) == "admin"
    assert AuditEntry.objects.filter(action="member.role_changed").count() == 1


def test_a_member_stays_what_they_are(
    alice, bob, bob_client, organization, make_invitation
):
    path = make_invitation("robert@example.org", role="owner")
    assert bob_client.get(path)["Location"] == "/org/acme/"
    assert bob_client.post(f"{path}/accept").status_code == 403
    assert role_of(bob.email, organization) == "member"
    # It still lets in the one whom it is for.
    assert Invitation.objects.get().state() == "pending"


@pytest.mark.parametrize("token", ["x", "é", "A" * 43])
def test_it_refuses_a_wrong_link(token, client, charlie_client, organization):
    assert client.get(f"/invitation/{token}").status_code == 404
    assert client.post(f"/invitation/{token}", FIELDS).status_code == 404
    assert charlie_client.post(f"/invitation/{token}/accept").status_code == 404


def test_it_refuses_an_outsider_without_a_login(client, make_invitation):
    path = make_invitation()
    response = client.post(f"{path}/accept")
    assert response["Location"].startswith("/login")
    assert Membership.objects.count() == 1


def test_accepting_needs_a_post(charlie_client, make_invitation):
    assert charlie_client.get(f"{make_invitation()}/accept").status_code == 405


@pytest.mark.django_db(transaction=True)
def test_one_link_lets_in_one_of_many_at_once(alice, organization):
    invitation = invite(
        organization=organization, email="eve@example.org", role="member", by=alice
    ).invitation
    user = User.objects.create_user("eve@example.org", "x")
    outcomes, start = [], threading.Barrier(5)

    def accept():
        start.wait()
        try:
            accept_invitation(invitation=invitation, by=user)
            outcomes.append("in")
        except InvitationVoid:
            outcomes.append("void")
        finally:
            connection.close()

    threads = [threading.Thread(target=accept) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in", "void", "void", "void", "void"]
    assert Membership.objects.filter(organization=organization).count() == 2
