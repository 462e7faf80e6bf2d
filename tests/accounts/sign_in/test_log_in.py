import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.cache import cache, caches
from django.core.cache.backends.db import DatabaseCache
from django.urls import reverse

URL = "/login"


def log_in(client, email="alice@example.org", password="", **fields):
    return client.post(URL, {"login": email, "password": password, **fields})


def test_it_logs_in_by_e_mail_and_password(client, alice, password):
    response = log_in(client, "Alice@Example.org ", password)
    assert response.status_code == 302
    assert response["Location"] == "/"
    assert client.session[SESSION_KEY] == str(alice.pk)


def test_it_refuses_a_wrong_password(client, alice):
    response = log_in(client, password="wrong")
    assert response.status_code == 200
    assert b"do not match" in response.content
    assert SESSION_KEY not in client.session


def test_it_says_the_same_of_an_unknown_address(client, alice):
    known = log_in(client, password="wrong").context["form"].errors
    unknown = log_in(client, "nobody@example.org", "wrong").context["form"].errors
    assert known == unknown


def test_it_leads_back_to_the_page_that_asked_for_it(client, alice, password):
    response = client.get("/org/acme/settings/members")
    assert response["Location"] == "/login?next=/org/acme/settings/members"
    response = log_in(client, password=password, next="/org/acme/settings/members")
    assert response["Location"] == "/org/acme/settings/members"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "https:evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
    ],
)
def test_it_never_leads_to_another_site(target, client, alice, password):
    response = log_in(client, password=password, next=target)
    assert response["Location"] == "/"


def test_it_gives_another_session_id(client, alice, password):
    session = client.session
    session["before"] = "x"
    session.save()
    before = session.session_key
    log_in(client, password=password)
    assert client.session.session_key != before
    assert not Session.objects.filter(pk=before).exists()


def test_it_sends_who_is_switched_off_to_a_page_that_says_so(client, alice, password):
    alice.is_active = False
    alice.save()
    response = log_in(client, password=password)
    assert response["Location"] == reverse("account_inactive")
    assert b"switched off" in client.get(response["Location"]).content
    assert SESSION_KEY not in client.session


def test_it_holds_whoever_guesses(client, alice, password):
    for _ in range(5):
        log_in(client, password="wrong")
    response = log_in(client, password=password)
    assert SESSION_KEY not in client.session
    assert b"Too many failed attempts" in response.content
    assert password.encode() not in response.content


def test_another_host_header_gives_no_further_guesses(client, alice, password):
    for number in range(5):
        client.post(
            URL,
            {"login": alice.email, "password": "wrong"},
            headers={"Host": f"localhost:{8000 + number}"},
        )
    log_in(client, password=password)
    assert SESSION_KEY not in client.session


def test_it_counts_guesses_from_one_address_at_many_accounts(client, alice, password):
    for number in range(10):
        log_in(client, f"nobody{number}@example.org", "wrong")
    log_in(client, password=password)
    assert SESSION_KEY not in client.session


def test_it_does_not_hold_an_office_behind_one_address(client, alice, password):
    for _ in range(40):
        log_in(client, password=password)
        assert SESSION_KEY in client.session
        client.logout()


def test_it_counts_in_the_database_so_that_every_process_sees_it(db):
    assert isinstance(caches["default"], DatabaseCache)
    cache.set("seen", 1)
    # What another process has: its own cache object on the same table.
    elsewhere = DatabaseCache("accounts_cache", {})
    assert elsewhere.get("seen") == 1


def test_it_does_not_trust_a_forwarded_address(client, alice, password):
    for number in range(10):
        client.post(
            URL,
            {"login": f"n{number}@example.org", "password": "wrong"},
            headers={"X-Forwarded-For": f"203.0.113.{number}"},
        )
    log_in(client, password=password)
    assert SESSION_KEY not in client.session


def test_it_refuses_a_form_without_its_token(alice, password):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    assert log_in(client, password=password).status_code == 403


def test_it_offers_a_sign_up_only_where_that_is_open(client, db, settings):
    assert b'href="/signup"' not in client.get(URL).content
    settings.OPEN_SIGNUP = True
    assert b'href="/signup"' in client.get(URL).content


def test_it_asks_before_it_logs_out(alice_client, alice):
    response = alice_client.get("/logout")
    assert alice.email in response.content.decode()
    assert SESSION_KEY in alice_client.session


def test_it_logs_out(alice_client):
    before = alice_client.session.session_key
    response = alice_client.post("/logout")
    assert response.status_code == 302
    assert SESSION_KEY not in alice_client.session
    assert not Session.objects.filter(pk=before).exists()


@pytest.mark.parametrize(
    "path",
    ["/email", "/accounts/email/", "/confirm-email", "/login/code", "/reauthenticate"],
)
def test_it_has_no_pages_of_allauth_that_nobody_needs(path, alice_client):
    assert alice_client.get(path).status_code == 404


@pytest.mark.django_db
def test_it_tells_the_first_owner_where_the_link_is(client):
    content = client.get(URL).content
    assert b"the link that Zelto printed when it started" in content
    assert b"Ask an admin" not in content


def test_it_sends_others_to_an_admin(client, alice):
    content = client.get(URL).content
    assert b"Ask an admin" in content
    assert b"the link that Zelto printed" not in content
