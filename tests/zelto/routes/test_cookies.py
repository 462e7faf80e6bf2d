"""Cookies have names that no other program on the host has."""

from __future__ import annotations

from collections.abc import Callable
from http.cookies import SimpleCookie

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.zelto.routes.walk import QUERIES, Received, all_routes
from zelto.cookie_config import cookie_names

# Of Django, and so of every other program that is made with it.
OF_OTHERS = {"sessionid": "theirs", "csrftoken": "t" * 32, "messages": "theirs"}


@pytest.mark.django_db
def test_no_route_sets_a_cookie_that_another_program_may_have(
    received: Received, reader: Callable[[], Client]
) -> None:
    names = set()
    for name, arguments in all_routes():
        before = transaction.savepoint()
        path = received.path_of(name, arguments)
        for query in QUERIES.get(name, ("",)):
            for client in (reader(), Client()):
                for method in ("get", "post"):
                    response = getattr(client, method)(f"{path}?{query}")
                    list(response)  # frees what a stream holds
                    names |= set(response.cookies)
        transaction.savepoint_rollback(before)
    assert {f"{name}_8000" for name in ("zelto_csrf", "zelto_messages")} <= names
    assert not {name for name in names if not name.startswith("zelto_")}


@pytest.mark.django_db
def test_signing_in_sets_cookies_of_our_own_and_leaves_those_of_others(
    client: Client, alice: User, password: str
) -> None:
    client.cookies = SimpleCookie(OF_OTHERS)
    client.get("/login")
    response = client.post("/login", {"login": alice.email, "password": password})
    assert settings.SESSION_COOKIE_NAME in response.cookies
    assert client.get("/profile").status_code == 200
    client.post(reverse("accounts:profile-name"), {"name": "Ada"})
    assert "Saved." in client.get("/profile").content.decode()
    client.post("/logout")
    for name, value in OF_OTHERS.items():
        assert client.cookies[name].value == value


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://zelto.example.com", "zelto_session"),
        ("http://zelto.internal:8000", "zelto_session_8000"),
        ("http://zelto.internal:8001", "zelto_session_8001"),
    ],
)
def test_two_on_one_host_have_cookies_of_their_own(
    monkeypatch: pytest.MonkeyPatch, address: str, name: str
) -> None:
    monkeypatch.setenv("ZELTO_BASE_URL", address)
    assert cookie_names()["session"] == name
