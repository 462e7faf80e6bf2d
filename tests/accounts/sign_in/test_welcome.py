import threading
from io import StringIO

import pytest
from django.contrib.auth import SESSION_KEY
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts import first_owner
from accounts.actions import NotOpen, sign_up_first_owner
from accounts.models import Membership, Organization, Role, User

FIELDS = {
    "email": "Ada@Example.org",
    "name": "Ada",
    "password": "nine calm otters float",
    "organization_name": "Ada & Söhne",
    "time_zone": "Europe/Berlin",
}


def path():
    return f"/welcome/{first_owner.token()}"


def printed_link():
    out = StringIO()
    call_command("first_owner_link", stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_it_prints_a_link_while_there_is_nobody(settings):
    settings.BASE_URL = "https://zelto.example.org"
    link = printed_link()
    assert link == f"https://zelto.example.org{path()}\n"
    assert printed_link() == link


def test_it_prints_nothing_once_there_is_somebody(alice):
    assert printed_link() == ""


@pytest.mark.django_db
def test_it_depends_on_the_secret_key(settings):
    before = first_owner.token()
    settings.SECRET_KEY = "another one"
    assert first_owner.token() != before


@pytest.mark.django_db
def test_it_makes_the_first_owner_and_leads_to_livekit(client):
    assert client.get(path()).status_code == 200
    response = client.post(path(), FIELDS)
    assert response["Location"] == "/org/ada-sohne/settings/integrations/livekit"
    user, organization = User.objects.get(), Organization.objects.get()
    assert (user.email, user.name) == ("ada@example.org", "Ada")
    assert user.check_password(FIELDS["password"])
    assert not (user.is_staff or user.is_superuser)
    assert organization.name == FIELDS["organization_name"]
    assert organization.time_zone == "Europe/Berlin"
    assert Membership.objects.get().role == Role.OWNER
    assert client.session[SESSION_KEY] == str(user.pk)


@pytest.mark.django_db
def test_it_gives_another_session_id(client):
    session = client.session
    session["before"] = "x"
    session.save()
    client.post(path(), FIELDS)
    assert client.session.session_key != session.session_key


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["x", "0" * 64, "é"])
def test_it_refuses_a_wrong_link(token, client):
    response = client.post(f"/welcome/{token}", FIELDS)
    assert response.status_code == 404
    assert b"first_owner_link" in response.content
    assert not User.objects.exists()


def test_it_refuses_an_outsider_once_it_was_used(client, charlie_client, alice):
    for who in (client, charlie_client):
        assert who.get(path()).status_code == 410
        response = who.post(path(), FIELDS)
        assert response.status_code == 410
        assert b"has its owner" in response.content
    assert not User.objects.filter(email="ada@example.org").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nonsense"),
        ("email", ""),
        ("name", ""),
        ("name", "two\nlines"),
        ("password", "short"),
        ("password", "password"),
        ("password", "ada@example.org"),
        ("password", ""),
        ("organization_name", "   "),
        ("organization_name", "x" * 256),
        ("organization_name", "a\x00b"),
        ("time_zone", "Mars/Olympus"),
    ],
)
def test_it_says_which_field_does_not_fit(field, value, client):
    response = client.post(path(), {**FIELDS, field: value})
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert not User.objects.exists()
    assert not Organization.objects.exists()


@pytest.mark.django_db
def test_it_never_shows_the_password_again(client):
    response = client.post(path(), {**FIELDS, "email": "nonsense"})
    assert FIELDS["password"] not in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_once_exactly_one_becomes_the_owner():
    outcomes, start = [], threading.Barrier(4)

    def take(number):
        start.wait()
        try:
            fields = {**FIELDS, "email": f"ada{number}@example.org"}
            sign_up_first_owner(**fields)
            outcomes.append("owner")
        except NotOpen:
            outcomes.append("late")
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["late", "late", "late", "owner"]
    assert User.objects.count() == Organization.objects.count() == 1


@pytest.mark.django_db
def test_it_needs_the_token_of_its_form():
    client = Client(enforce_csrf_checks=True)
    assert client.post(path(), FIELDS).status_code == 403


def test_it_stays_void_when_everybody_is_gone(client, alice, organization):
    alice.delete()
    organization.delete()
    assert not User.objects.exists()
    assert printed_link() == ""
    assert client.post(path(), FIELDS).status_code == 410
    assert not User.objects.exists()


@pytest.mark.django_db
def test_an_operator_who_is_gone_leaves_it_void(client):
    User.objects.create_superuser("op@example.org", "ten slow tides turn").delete()
    assert client.get(path()).status_code == 410


@pytest.mark.parametrize("left", ["user", "organization", "nobody"])
@pytest.mark.django_db(transaction=True)
def test_an_instance_that_had_its_owner_before_an_upgrade_is_claimed(left, client):
    try:
        call_command("migrate", "accounts", "0001", verbosity=0)
        if left == "user":
            User.objects.create_user("ada@example.org")
        elif left == "organization":
            Organization.objects.create(name="Acme", slug="acme")
    finally:
        # All of it: what another app has on top went back as well.
        call_command("migrate", verbosity=0)
    assert client.get(path()).status_code == (200 if left == "nobody" else 410)
