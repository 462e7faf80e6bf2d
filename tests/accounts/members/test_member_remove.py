import pytest

from accounts.actions import LastOwner, invite, remove_member
from accounts.models import ApiKey, Invitation, Membership


def membership(user):
    return Membership.objects.get(user=user)


def url(user, slug="acme"):
    return f"/org/{slug}/settings/members/{membership(user).pk}/remove"


def test_an_owner_removes_a_member(alice_client, bob_client, bob):
    page = alice_client.get(url(bob)).content.decode()
    assert "Remove" in page
    assert "bob@example.org" in page
    response = alice_client.post(url(bob))
    assert response["Location"] == "/org/acme/settings/members"
    assert not Membership.objects.filter(user=bob).exists()
    # Whatever page Bob has open, the next one is closed to him.
    assert bob_client.get("/org/acme/settings/members").status_code == 404


def test_everybody_may_leave(bob_client, bob):
    assert b"Leave" in bob_client.get(url(bob)).content
    assert bob_client.post(url(bob))["Location"] == "/"
    assert not Membership.objects.filter(user=bob).exists()
    assert b"in no organization" in bob_client.get("/").content


def test_the_last_owner_cannot_leave(alice_client, alice, bob):
    response = alice_client.post(url(alice), follow=True)
    assert b"at least one owner" in response.content
    assert membership(alice)
    with pytest.raises(LastOwner):
        remove_member(membership=membership(alice), by=alice)


def test_their_invitations_fall_and_their_keys_stay(
    alice, dora, organization, make_key
):
    make_key(organization, made_by=dora)
    invite(organization=organization, email="e@example.org", role="member", by=dora)
    invite(organization=organization, email="f@example.org", role="member", by=alice)
    remove_member(membership=membership(dora), by=alice)
    assert [i.email for i in Invitation.objects.all()] == ["f@example.org"]
    assert ApiKey.objects.usable().count() == 1


def test_removing_twice_does_nothing(alice, bob):
    first, second = membership(bob), membership(bob)
    remove_member(membership=first, by=alice)
    remove_member(membership=second, by=alice)


@pytest.mark.parametrize("who", ["bob_client", "dora_client"])
def test_it_refuses_who_is_no_owner(who, request, alice):
    client = request.getfixturevalue(who)
    assert client.get(url(alice)).status_code == 403
    assert client.post(url(alice)).status_code == 403
    assert membership(alice)


def test_it_refuses_an_outsider(client, charlie_client, bob):
    for path in (url(bob), url(bob, "globex")):
        assert charlie_client.get(path).status_code == 404
        assert charlie_client.post(path).status_code == 404
    assert client.post(url(bob)).status_code == 302
    assert membership(bob)
