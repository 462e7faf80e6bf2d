import pytest
from django.contrib.auth import SESSION_KEY

from accounts.actions import NotOpen, sign_up_openly
from accounts.models import Membership, Organization, Role, User

FIELDS = {
    "email": "eve@example.org",
    "name": "Eve",
    "password": "nine calm otters float",
    "organization_name": "Acme",
    "time_zone": "UTC",
}


def test_it_is_closed_unless_a_setting_opens_it(client, alice):
    assert client.get("/signup").status_code == 403
    response = client.post("/signup", FIELDS)
    assert response.status_code == 403
    assert b"by invitation" in response.content
    with pytest.raises(NotOpen):
        sign_up_openly(**FIELDS)
    assert User.objects.count() == 1


def test_it_makes_a_person_with_an_organization_of_their_own(client, alice, settings):
    settings.OPEN_SIGNUP = True
    assert client.get("/signup").status_code == 200
    response = client.post("/signup", FIELDS)
    eve = User.objects.get(email="eve@example.org")
    membership = Membership.objects.get(user=eve)
    assert membership.role == Role.OWNER
    # Acme's address is taken by the Acme that was there.
    assert membership.organization.slug == "acme-2"
    assert response["Location"] == "/org/acme-2/settings/integrations/livekit"
    assert client.session[SESSION_KEY] == str(eve.pk)


def test_it_refuses_an_address_that_has_an_account(client, alice, settings):
    settings.OPEN_SIGNUP = True
    response = client.post("/signup", {**FIELDS, "email": "ALICE@example.org"})
    assert list(response.context["form"].errors) == ["email"]
    assert Organization.objects.count() == 1


def test_it_is_limited_for_one_address(client, alice, settings):
    settings.OPEN_SIGNUP = True
    for _ in range(20):
        client.post("/signup", {})
    assert client.post("/signup", FIELDS).status_code == 429
    assert client.get("/signup").status_code == 200


def test_an_outsider_sees_nothing_of_the_others(client, alice, settings):
    settings.OPEN_SIGNUP = True
    client.post("/signup", FIELDS)
    assert client.get("/org/acme/settings/members").status_code == 404


def test_who_is_logged_in_goes_home(alice_client):
    assert alice_client.get("/signup")["Location"] == "/"
