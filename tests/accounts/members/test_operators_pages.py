import pytest
from django.contrib import admin
from django.contrib.auth import SESSION_KEY
from django.test import Client

from accounts.actions import invite
from accounts.models import ApiKey, Invitation, Membership, User


@pytest.fixture
def operator(db):
    return User.objects.create_superuser("op@example.org", "ten slow tides turn")


@pytest.fixture
def operator_client(operator):
    client = Client()
    client.force_login(operator)
    return client


@pytest.fixture
def things(alice, organization, make_key):
    key, _ = make_key(organization, made_by=alice)
    invited = invite(
        organization=organization, email="eve@example.org", role="member", by=alice
    )
    return {
        "user": alice,
        "organization": organization,
        "membership": Membership.objects.get(),
        "invitation": invited.invitation,
        "apikey": key,
    }


PAGES = ["user", "organization", "membership", "invitation", "apikey"]


@pytest.mark.parametrize("name", PAGES)
def test_it_shows_no_secret(name, operator_client, things):
    thing = things[name]
    for path in (
        f"/admin/accounts/{name}/",
        f"/admin/accounts/{name}/{thing.pk}/change/",
    ):
        response = operator_client.get(path)
        assert response.status_code == 200
        content = response.content.decode()
        for secret in (
            things["user"].password,
            things["apikey"].digest.hex(),
            bytes(things["invitation"].token_digest).hex(),
            things["organization"].subject_secret.hex(),
            "token_digest",
            "subject_secret",
            "memoryview",
        ):
            assert secret not in content


@pytest.mark.parametrize("name", PAGES)
def test_it_refuses_an_outsider(name, client, alice_client, things):
    path = f"/admin/accounts/{name}/"
    assert client.get(path).status_code == 302
    # The owner of an organization is no operator.
    response = alice_client.get(path, follow=True)
    assert response.status_code == 403


def test_its_login_is_the_one_with_a_rate_limit(client, operator):
    response = client.get("/admin/login/?next=/admin/")
    assert response["Location"].startswith("/login")
    fields = {"username": operator.email, "password": "ten slow tides turn"}
    assert client.post("/admin/login/", fields).status_code == 302
    assert SESSION_KEY not in client.session


@pytest.mark.parametrize("name", ["invitation", "apikey"])
def test_keys_and_invitations_are_neither_made_nor_deleted(
    name, operator_client, things
):
    assert operator_client.get(f"/admin/accounts/{name}/add/").status_code == 403
    path = f"/admin/accounts/{name}/{things[name].pk}/delete/"
    assert operator_client.post(path, {"post": "yes"}).status_code == 403


def test_nothing_of_a_key_can_be_changed(operator_client, things):
    key = things["apikey"]
    path = f"/admin/accounts/apikey/{key.pk}/change/"
    operator_client.post(path, {"name": "changed", "prefix": "x", "scope": "full"})
    key.refresh_from_db()
    assert key.name == "livekit-prod-worker"


def test_an_organization_is_not_deleted_with_all_it_keeps(operator_client, things):
    path = f"/admin/accounts/organization/{things['organization'].pk}/delete/"
    assert operator_client.post(path, {"post": "yes"}).status_code == 403


def test_it_revokes_keys_and_invitations(operator_client, operator, things):
    for name in ("apikey", "invitation"):
        operator_client.post(
            f"/admin/accounts/{name}/",
            {"action": "revoke", "_selected_action": [things[name].pk]},
        )
    assert ApiKey.objects.get().revoked_by == operator
    assert not Invitation.objects.exists()


def test_it_sets_another_password(operator_client, alice):
    fields = {
        "password1": "nine calm otters float",
        "password2": "nine calm otters float",
        "usable_password": "true",
    }
    operator_client.post(f"/admin/accounts/user/{alice.pk}/password/", fields)
    alice.refresh_from_db()
    assert alice.check_password("nine calm otters float")


def test_it_lists_nothing_that_is_not_used(operator_client):
    names = {model._meta.label for model in admin.site._registry}
    assert not names & {"account.EmailAddress", "auth.Group"}
