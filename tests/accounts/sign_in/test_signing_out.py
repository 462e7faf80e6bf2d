"""Signing out has the browser forget what it kept."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User

pytestmark = pytest.mark.django_db

HEADER = "Clear-Site-Data"


def test_it_forgets_what_was_loaded_and_nothing_of_other_programs(
    alice_client: Client,
) -> None:
    response = alice_client.post("/logout")
    # Cookies would be those of each port of the host, storage the theme.
    assert response[HEADER] == '"cache"'


@pytest.mark.parametrize("path", ["/", "/login", "/profile", "/logout"])
def test_nothing_else_does(alice_client: Client, path: str) -> None:
    assert HEADER not in alice_client.get(path)
    assert HEADER not in Client().get(path)


def test_so_do_operators_who_sign_out_on_their_pages(alice: User) -> None:
    alice.is_staff = alice.is_superuser = True
    alice.save()
    client = Client()
    client.force_login(alice)
    assert client.post("/admin/logout/")[HEADER] == '"cache"'
