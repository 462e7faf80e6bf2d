import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from accounts.models import AuditEntry, Membership, Organization, User

URL = "/profile"
NEW = "ada@example.org"


def change_email(client, email, password):
    return client.post(f"{URL}/email", {"email": email, "password": password})


def test_it_shows_who_one_is_and_where(bob_client, organization):
    content = bob_client.get(URL).content.decode()
    assert 'value="Bob Example"' in content
    assert 'value="bob@example.org"' in content
    assert 'href="/org/acme/"' in content
    assert "<title>Your profile · Acme · Zelto</title>" in content


def test_every_page_leads_to_it(bob_client, organization):
    assert f'href="{URL}"' in bob_client.get("/org/acme/conversations").content.decode()


def test_it_is_there_for_somebody_in_no_organization(bob_client, bob):
    Membership.objects.all().delete()
    response = bob_client.get(URL)
    assert response.status_code == 200
    assert b"Bob Example" in response.content


def test_it_changes_the_name(bob_client, bob):
    response = bob_client.post(f"{URL}/name", {"name": " Bobby "})
    assert response["Location"] == URL
    bob.refresh_from_db()
    assert bob.name == "Bobby"
    assert b"Saved." in bob_client.get(URL).content


@pytest.mark.parametrize("name", ["", "two\nlines", "x" * 256])
def test_it_refuses_what_is_no_name(bob_client, bob, name):
    response = bob_client.post(f"{URL}/name", {"name": name})
    assert response.status_code == 200
    assert response.context["name_form"].errors
    bob.refresh_from_db()
    assert bob.name == "Bob Example"


def test_it_changes_the_address_that_one_logs_in_with(bob_client, bob, password):
    assert change_email(bob_client, "ADA@example.org", password)["Location"] == URL
    bob.refresh_from_db()
    assert bob.email == NEW
    # Still logged in here, and elsewhere with the new address only.
    assert bob_client.get(URL).status_code == 200
    for email, status in (("bob@example.org", 200), (NEW, 302)):
        fields = {"login": email, "password": password}
        assert Client().post("/login", fields).status_code == status


def test_an_address_that_allauth_kept_opens_nothing_more(bob_client, bob, password):
    EmailAddress.objects.create(
        user=bob, email="bob@example.org", verified=True, primary=True
    )
    change_email(bob_client, NEW, password)
    fields = {"login": "bob@example.org", "password": password}
    assert Client().post("/login", fields).status_code == 200


def test_the_address_until_now_is_told(bob_client, bob, password):
    change_email(bob_client, NEW, password)
    [message] = mail.outbox
    assert message.to == ["bob@example.org"]
    assert NEW in message.body


def test_a_link_for_a_forgotten_password_that_is_on_its_way_is_void(
    bob_client, bob, password
):
    Client().post("/password/reset", {"email": bob.email})
    link = next(word for word in mail.outbox[0].body.split() if "/reset/" in word)
    path = link[link.index("/password") :]
    field = b'name="password1"'
    assert field in Client().get(path, follow=True).content
    change_email(bob_client, NEW, password)
    assert field not in Client().get(path, follow=True).content


def test_it_needs_the_password(bob_client, bob):
    response = change_email(bob_client, NEW, "a guess")
    assert b"not your current password" in response.content
    bob.refresh_from_db()
    assert bob.email == "bob@example.org"
    assert not mail.outbox


def test_it_says_when_somebody_has_the_address(bob_client, bob, alice, password):
    response = change_email(bob_client, "Alice@example.org", password)
    assert b"There is an account with this e-mail address." in response.content
    assert User.objects.get(email="alice@example.org") == alice
    assert not mail.outbox


def test_the_same_address_is_no_change(bob_client, bob, password):
    assert change_email(bob_client, bob.email, password)["Location"] == URL
    assert not mail.outbox
    assert not AuditEntry.objects.exists()


def test_who_guesses_the_password_is_held_up(bob_client, bob):
    answers = [change_email(bob_client, NEW, "a guess").status_code for _ in range(12)]
    assert answers[0] == 200
    assert answers[-1] == 429


def test_each_organization_has_it_on_record(
    bob_client, bob, password, organization, other_organization
):
    Membership.objects.create(organization=other_organization, user=bob)
    bob_client.post(f"{URL}/name", {"name": "Bobby"})
    change_email(bob_client, NEW, password)
    for where in (organization, other_organization):
        found = AuditEntry.objects.in_organization(where).order_by("id")
        assert list(found.values_list("action", "subject", "detail")) == [
            ("member.renamed", "Bobby", {"before": "Bob Example"}),
            ("member.email_changed", NEW, {"before": "bob@example.org"}),
        ]


@pytest.mark.parametrize("path", ["name", "email"])
def test_the_address_of_a_form_leads_back(bob_client, bob, path):
    assert bob_client.get(f"{URL}/{path}")["Location"] == URL


@pytest.mark.parametrize("path", ["", "/name", "/email"])
def test_it_refuses_an_outsider(client, path, db):
    assert client.get(URL + path)["Location"].startswith("/login")
    assert client.post(f"{URL}/name", {"name": "x"})["Location"].startswith("/login")


def test_it_asks_the_database_as_often_for_many_as_for_few(
    bob_client, bob, django_assert_max_num_queries
):
    bob_client.get(URL)
    for number in range(20):
        one = Organization.objects.create(name=f"O{number}", slug=f"o{number}")
        Membership.objects.create(organization=one, user=bob)
    with django_assert_max_num_queries(6):
        bob_client.get(URL)
