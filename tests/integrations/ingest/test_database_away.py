"""What people and programs get while the database does not answer."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import InterfaceError, OperationalError
from django.shortcuts import render
from django.test import Client
from psycopg.errors import LockNotAvailable

from integrations import problems


@pytest.fixture(params=[OperationalError, InterfaceError])
def away(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No fixture opens the database; whoever asks for a session asks it first."""

    def ask(self: object) -> None:
        raise request.param("the server closed the connection")

    monkeypatch.setattr(SessionStore, "load", ask)
    monkeypatch.setattr(problems, "is_for_a_program", lambda request: False)


@pytest.fixture
def client() -> Client:
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    return client


def test_a_page_says_that_it_works_again_soon(away: None, client: Client) -> None:
    answer = client.get("/org/acme/conversations")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "Back in a moment" in answer.content.decode()
    assert "Try again" in answer.content.decode()
    assert answer.headers["X-Request-Id"] in answer.content.decode()


def test_a_form_says_that_nothing_was_saved(away: None, client: Client) -> None:
    answer = client.post("/org/acme/settings/organization", {"name": "New"})
    assert answer.status_code == 503
    assert "was not saved" in answer.content.decode()
    assert 'href=""' not in answer.content.decode()


def test_a_program_gets_a_problem(
    away: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(problems, "is_for_a_program", lambda request: True)
    answer = client.get("/org/acme/conversations")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Content-Type"] == problems.CONTENT_TYPE
    assert "database does not answer" in answer.json()["detail"]


def test_another_fault_is_no_such_thing(
    away: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(SessionStore, "load", broken)
    answer = client.get("/org/acme/conversations")
    assert answer.status_code == 500
    assert "Retry-After" not in answer.headers


def test_the_page_itself_asks_nothing_of_the_database(rf) -> None:
    content = render(rf.get("/"), "503.html").content.decode()
    assert "Back in a moment" in content


def test_a_row_that_somebody_holds_is_no_database_that_is_away(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(self: object) -> None:
        raise OperationalError("canceling statement") from LockNotAvailable()

    monkeypatch.setattr(SessionStore, "load", wait)
    answer = client.post("/org/acme/settings/organization", {"name": "New"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "is being written just now" in answer.content.decode()
    assert "database" not in answer.content.decode()
