"""Who signed in before cookies had names of our own."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from web.cookies.earlier_session import EARLIER

pytestmark = pytest.mark.django_db


def with_earlier_name(client: Client) -> str:
    """Put the session of a client under the name that it had; return its key."""
    key = client.cookies.pop(settings.SESSION_COOKIE_NAME).value
    client.cookies[EARLIER] = key
    return str(key)


def test_their_session_goes_on_under_its_new_name(alice_client: Client) -> None:
    key = with_earlier_name(alice_client)
    response = alice_client.get("/profile")
    assert response.status_code == 200
    cookie = response.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie.value == key
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert response.cookies[EARLIER]["max-age"] == 0
    # Once, and then as ever.
    del alice_client.cookies[EARLIER]
    again = alice_client.get("/profile")
    assert again.status_code == 200
    assert settings.SESSION_COOKIE_NAME not in again.cookies


@pytest.mark.parametrize("theirs", ["a" * 32, "4ll of it: \x01, ü", "x" * 5000])
def test_the_cookie_of_another_program_opens_nothing_and_stays(theirs: str) -> None:
    client = Client()
    client.cookies[EARLIER] = theirs
    response = client.get("/profile")
    assert response["Location"] == "/login?next=/profile"
    assert not set(response.cookies) & {EARLIER, settings.SESSION_COOKIE_NAME}


def test_signing_out_at_once_ends_it(alice_client: Client) -> None:
    with_earlier_name(alice_client)
    response = alice_client.post("/logout")
    assert response.cookies[settings.SESSION_COOKIE_NAME]["max-age"] == 0
    assert not Session.objects.exists()
    assert alice_client.get("/profile").status_code == 302


def test_the_present_name_goes_before_the_earlier_one(
    alice_client: Client, bob_client: Client
) -> None:
    key = bob_client.cookies[settings.SESSION_COOKIE_NAME].value
    alice_client.cookies[EARLIER] = key
    response = alice_client.get("/profile")
    assert "alice@example.org" in response.content.decode()
    assert EARLIER not in response.cookies
