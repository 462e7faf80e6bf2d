"""What is refused before a view has read it is said on pages of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import SuspiciousOperation, TooManyFieldsSent
from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse

from accounts.models import User
from integrations.problems import CONTENT_TYPE
from integrations.refused_forms import NO_COOKIE, OUT_OF_DATE
from tests.conftest import signed_in
from tests.conversations.exports.downloads import let_go
from tests.zelto.routes.walk import Received, all_routes

pytestmark = pytest.mark.django_db

REVOKE = "accounts:invitation-revoke"
MANY = {f"field-{number}": "x" for number in range(101)}


@pytest.fixture
def strict(alice: User) -> Client:
    """Return a signed-in client whose forms need their token."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    return client


def is_page_of_ours(response: Any) -> bool:
    content = response.content.decode()
    of_django = [word for word in ("DEBUG", "CSRF", "Django") if word in content]
    return 'class="z-brand"' in content and not of_django


def test_no_form_without_its_token_gets_a_page_of_django(
    received: Received, strict: Client
) -> None:
    refused = set()
    for name, arguments in all_routes():
        before = transaction.savepoint()
        response = strict.post(received.path_of(name, arguments))
        if response.status_code == 403:
            refused.add(name)
            assert is_page_of_ours(response), name
            # The form of signing out, which comes again, brings a cookie.
            content = response.content.decode()
            assert NO_COOKIE in content or OUT_OF_DATE in content, name
        transaction.savepoint_rollback(before)
    assert {"account_logout", "accounts:member-role", "accounts:invite"} <= refused
    assert len(refused) > 20


def test_no_form_of_the_operators_gets_one_either(strict: Client, alice: User) -> None:
    alice.is_staff = alice.is_superuser = True
    alice.save()
    for path in ("/admin/", "/admin/logout/", "/admin/accounts/invitation/"):
        response = strict.post(path, {"action": "revoke"})
        assert response.status_code == 403
        assert is_page_of_ours(response), path


def test_htmx_is_told_to_load_the_page_anew(strict: Client) -> None:
    """It shows nothing of a refusal by itself."""
    strict.get("/profile")
    response = strict.post("/profile/name", headers={"HX-Request": "true"})
    assert response.status_code == 403
    assert response["HX-Refresh"] == "true"
    assert response.content.decode() == OUT_OF_DATE
    assert OUT_OF_DATE in strict.get("/profile").content.decode()


def test_a_program_gets_a_problem(
    strict: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "integrations.refused_forms.is_for_a_program", lambda request: True
    )
    response = strict.post("/profile/name")
    assert response.status_code == 403
    assert response["Content-Type"] == CONTENT_TYPE
    assert response.json()["detail"] == NO_COOKIE


def test_no_address_of_a_form_is_a_blank_page(
    received: Received, alice: User, everything: dict[str, Any]
) -> None:
    blank = set()
    for name, arguments in all_routes():
        if name.startswith("api:"):
            continue
        before = transaction.savepoint()
        path = received.path_of(name, arguments)
        for method in ("get", "put", "patch", "delete"):
            response = getattr(signed_in(alice), method)(path)
            let_go(response)  # an export takes a slot until then
            if response.status_code != 405:
                continue
            is_problem = response["Content-Type"] == CONTENT_TYPE
            assert response["Allow"]
            if not is_problem and not is_page_of_ours(response):
                blank.add(name)
        transaction.savepoint_rollback(before)
    assert blank == set()


def test_the_address_of_a_form_leads_back(
    alice_client: Client, everything: dict[str, Any]
) -> None:
    path = reverse(REVOKE, args=["acme", everything["invitation_id"]])
    members = "/org/acme/settings/members"
    for referer, leads_to in (
        (f"http://testserver{members}", members),
        ("https://evil.example/", "/"),
    ):
        response = alice_client.get(path, headers={"Referer": referer})
        assert response.status_code == 405
        assert f'href="{leads_to}"' in response.content.decode()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (SuspiciousOperation("odd"), 400),
        (TooManyFieldsSent("many"), 400),
        (RuntimeError("broken"), 500),
    ],
)
def test_what_fails_has_a_page_of_ours(
    monkeypatch: pytest.MonkeyPatch, alice: User, error: Exception, status: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    client = Client(raise_request_exception=False)
    client.force_login(alice)
    monkeypatch.setattr("accounts.views.profile._page", fail)
    response = client.get("/profile")
    assert response.status_code == status
    assert is_page_of_ours(response)


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda client: client.get("/nothing"), 404),
        (lambda client: client.get("/", headers={"Host": "evil.example"}), 400),
        (lambda client: client.post("/login", MANY), 400),
        (
            lambda client: client.post(
                "/login", b"--x", content_type="multipart/form-data"
            ),
            400,
        ),
    ],
)
def test_so_has_what_cannot_be_read(
    make: Callable[[Client], Any], status: int, db: None
) -> None:
    for is_strict in (False, True):
        client = Client(enforce_csrf_checks=is_strict)
        client.get("/login")
        with override_settings(DATA_UPLOAD_MAX_NUMBER_FIELDS=100):
            response = make(client)
        assert response.status_code == status
        assert is_page_of_ours(response)
