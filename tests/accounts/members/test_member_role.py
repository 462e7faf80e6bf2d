import threading

import pytest
from django.db import connection

from accounts.actions import LastOwner, change_role, invite
from accounts.models import Invitation, Membership, Role


def membership(user):
    return Membership.objects.get(user=user)


def url(user, slug="acme"):
    return f"/org/{slug}/settings/members/{membership(user).pk}/role"


def test_an_owner_changes_a_role(alice_client, bob):
    response = alice_client.post(url(bob), {"role": "admin"})
    assert response["Location"] == "/org/acme/settings/members"
    assert membership(bob).role == Role.ADMIN
    page = alice_client.get(response["Location"]).content
    assert b"Bob Example is now admin." in page


def test_the_last_owner_stays_owner(alice_client, alice, bob):
    response = alice_client.post(url(alice), {"role": "member"}, follow=True)
    assert b"at least one owner" in response.content
    assert membership(alice).role == Role.OWNER
    alice_client.post(url(bob), {"role": "owner"})
    alice_client.post(url(alice), {"role": "member"})
    assert membership(alice).role == Role.MEMBER


def test_it_ignores_a_role_that_does_not_exist(alice_client, bob):
    alice_client.post(url(bob), {"role": "emperor"})
    assert membership(bob).role == Role.MEMBER


def test_invitations_fall_with_the_right_to_send_them(alice, dora, bob, organization):
    for email, role, by in (
        ("a@example.org", "admin", dora),
        ("m@example.org", "member", dora),
        ("other@example.org", "admin", alice),
    ):
        invite(organization=organization, email=email, role=role, by=by)
    change_role(membership=membership(dora), role=Role.MEMBER, by=alice)
    assert [i.email for i in Invitation.objects.all()] == ["other@example.org"]


def test_invitations_to_lower_roles_stay(alice, bob, organization):
    change_role(membership=membership(bob), role=Role.OWNER, by=alice)
    for email, role in (("o@example.org", "owner"), ("a@example.org", "admin")):
        invite(organization=organization, email=email, role=role, by=bob)
    change_role(membership=membership(bob), role=Role.ADMIN, by=alice)
    assert [i.email for i in Invitation.objects.all()] == ["a@example.org"]


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_demote_each_other_leave_one(alice, bob, organization):
    change_role(membership=membership(bob), role=Role.OWNER, by=alice)
    outcomes, start = [], threading.Barrier(2)

    def demote(target, by):
        start.wait()
        try:
            change_role(membership=target, role=Role.MEMBER, by=by)
            outcomes.append("demoted")
        except LastOwner:
            outcomes.append("last owner")
        finally:
            connection.close()

    pairs = [(membership(alice), bob), (membership(bob), alice)]
    threads = [threading.Thread(target=demote, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["demoted", "last owner"]
    assert Membership.objects.in_organization(organization).owners().count() == 1


@pytest.mark.parametrize("who", ["bob_client", "dora_client"])
def test_it_refuses_who_is_no_owner(who, request, alice, bob):
    client = request.getfixturevalue(who)
    assert client.post(url(bob), {"role": "owner"}).status_code == 403
    assert membership(bob).role == Role.MEMBER


def test_it_needs_a_post(alice_client, bob):
    assert alice_client.get(url(bob)).status_code == 405


def test_it_refuses_an_outsider(client, charlie_client, bob):
    assert charlie_client.post(url(bob), {"role": "owner"}).status_code == 404
    response = charlie_client.post(url(bob, "globex"), {"role": "owner"})
    assert response.status_code == 404
    assert client.post(url(bob), {"role": "owner"}).status_code == 302
    assert membership(bob).role == Role.MEMBER
