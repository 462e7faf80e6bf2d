from django.contrib.auth import SESSION_KEY
from django.test import Client

URL = "/password/change"
NEW = "seven grey herons wade"


def change(client, old, new=NEW):
    return client.post(URL, {"oldpassword": old, "password1": new, "password2": new})


def test_it_changes_the_password_and_stays_logged_in(alice_client, alice, password):
    assert change(alice_client, password)["Location"] == "/"
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert alice_client.get(URL).status_code == 200


def test_it_ends_the_sessions_of_other_browsers(alice_client, alice, password):
    elsewhere = Client()
    elsewhere.force_login(alice)
    change(alice_client, password)
    assert elsewhere.get(URL).status_code == 302


def test_it_needs_the_current_password(alice_client, alice, password):
    response = change(alice_client, "wrong")
    assert b"not your current password" in response.content
    alice.refresh_from_db()
    assert alice.check_password(password)


def test_it_refuses_a_weak_one(alice_client, alice, password):
    change(alice_client, password, "12345678")
    alice.refresh_from_db()
    assert alice.check_password(password)


def test_it_refuses_an_outsider(client, alice, password):
    assert change(client, password)["Location"].startswith("/login")
    assert SESSION_KEY not in client.session
    alice.refresh_from_db()
    assert alice.check_password(password)
