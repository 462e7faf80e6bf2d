import pytest

from accounts.actions import InvitationVoid, accept_invitation, invite
from accounts.actions.invitations import revoke_invitation
from accounts.models import Invitation


@pytest.fixture
def invited(alice, organization):
    return invite(
        organization=organization, email="eve@example.org", role="member", by=alice
    )


def url(invited, slug="acme"):
    return f"/org/{slug}/settings/members/invitations/{invited.invitation.pk}/revoke"


def test_its_link_opens_nothing_any_more(dora_client, client, invited):
    assert client.get(invited.link).status_code == 200
    response = dora_client.post(url(invited))
    assert response["Location"] == "/org/acme/settings/members"
    assert not Invitation.objects.exists()
    assert client.get(invited.link).status_code == 404


def test_whoever_had_the_page_open_cannot_use_it(charlie, alice, invited):
    revoke_invitation(invitation=invited.invitation, by=alice)
    with pytest.raises(InvitationVoid):
        accept_invitation(invitation=invited.invitation, by=charlie)


def test_an_accepted_one_stays_on_record(charlie, alice, invited):
    Invitation.objects.update(email=charlie.email)
    accept_invitation(invitation=invited.invitation, by=charlie)
    revoke_invitation(invitation=invited.invitation, by=alice)
    assert Invitation.objects.get().accepted_by == charlie


def test_it_needs_a_post(alice_client, invited):
    assert alice_client.get(url(invited)).status_code == 405


def test_it_refuses_a_member(bob_client, invited):
    assert bob_client.post(url(invited)).status_code == 403
    assert Invitation.objects.exists()


def test_it_refuses_an_outsider(client, charlie_client, invited):
    assert charlie_client.post(url(invited)).status_code == 404
    assert charlie_client.post(url(invited, "globex")).status_code == 404
    assert client.post(url(invited))["Location"].startswith("/login")
    assert Invitation.objects.exists()
