"""Whoever guesses is held, and holds up nobody else."""

from __future__ import annotations

import pytest
from allauth.account.adapter import get_adapter
from allauth.core import context
from django.contrib.auth import SESSION_KEY
from django.http import HttpResponse
from django.test import Client, RequestFactory

from accounts.actions import invite
from accounts.models import Organization, User
from accounts.sign_in import failed_logins
from accounts.sign_in.known_browser import COOKIE, MAX_ACCOUNTS
from tests.conftest import PASSWORD

HOME = "198.51.100.7"


def log_in(
    client: Client, password: str, *, email: str = "alice@example.org", at: str = HOME
) -> HttpResponse:
    return client.post(  # type: ignore[return-value]
        "/login", {"login": email, "password": password}, REMOTE_ADDR=at
    )


def gets_in(client: Client, **options: str) -> bool:
    log_in(client, PASSWORD, **options)
    return SESSION_KEY in client.session


def guess(times: int, *, at: str, email: str = "alice@example.org") -> None:
    for _ in range(times):
        log_in(Client(), "wrong", at=at, email=email)


# More addresses than it takes to fail more often than an account bears.
EVERYWHERE = [f"203.0.113.{number}" for number in range(52)]


def guess_from_everywhere(*, email: str = "alice@example.org") -> None:
    """Fail from all of them: the last time on the page, before as the page counts it."""
    *others, last = EVERYWHERE
    for address in others:
        request = RequestFactory().post("/login", REMOTE_ADDR=address)
        failed_logins.count_failure(request, email)
    guess(1, at=last, email=email)


def test_made_up_addresses_do_not_crowd_out_other_counts(db: None) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=HOME)
    keys = {
        failed_logins._counters(request, f"u{number}@example.org")["failed_at_account"]
        for number in range(3000)
    }
    assert len(keys) <= failed_logins.NOBODYS_COUNTERS


@pytest.fixture
def browser(alice: User) -> Client:
    """Return a browser in which Alice signed in once."""
    client = Client()
    assert gets_in(client)
    client.post("/logout")
    return client


def test_whoever_fails_elsewhere_does_not_lock_an_account(alice: User) -> None:
    guess(20, at="203.0.113.9")
    assert not gets_in(Client(), at="203.0.113.9")
    assert gets_in(Client())


def test_addresses_are_told_apart_behind_a_proxy(
    alice: User, settings: pytest.FixtureRequest
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1  # type: ignore[attr-defined]
    for _ in range(20):
        Client(headers={"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}).post(
            "/login", {"login": alice.email, "password": "wrong"}
        )
    assert gets_in(Client(headers={"X-Forwarded-For": HOME}))


def test_one_network_of_the_new_kind_is_one_address(alice: User) -> None:
    for number in range(5):
        guess(1, at=f"2001:db8::{number}")
    assert not gets_in(Client(), at="2001:db8::ffff")


def test_many_addresses_together_guess_no_faster(alice: User) -> None:
    for address in EVERYWHERE:
        guess(1, at=address)
    response = log_in(Client(), PASSWORD)
    assert b"Too many failed attempts" in response.content


def test_a_browser_that_signed_in_before_gets_in(browser: Client) -> None:
    guess_from_everywhere()
    guess(12, at=HOME, email="nobody@example.org")  # and its own address is held
    assert not gets_in(Client())
    assert gets_in(browser)


def test_such_a_browser_is_held_when_it_guesses_itself(browser: Client) -> None:
    for _ in range(5):
        log_in(browser, "wrong")
    assert b"Too many failed attempts" in log_in(browser, PASSWORD).content
    assert gets_in(Client())  # and holds up nobody else


def test_success_in_between_gives_no_further_guesses(browser: Client) -> None:
    for _ in range(4):
        log_in(browser, "wrong")
    before = browser.cookies[COOKIE].value
    assert gets_in(browser)
    browser.post("/logout")
    # Only the cookie of before, which a copy of it may have.
    browser.cookies[COOKIE] = before
    log_in(browser, "wrong")
    assert not gets_in(browser)


def test_it_opens_the_way_for_no_other_account(browser: Client, charlie: User) -> None:
    guess_from_everywhere(email=charlie.email)
    assert not gets_in(browser, email=charlie.email)


@pytest.mark.parametrize("forged", ["", "x", "e30:1:x", "'; DROP"])
def test_a_forged_one_is_none(browser: Client, forged: str) -> None:
    guess_from_everywhere()
    browser.cookies[COOKIE] = forged
    assert not gets_in(browser)


def test_another_password_voids_it(browser: Client, alice: User) -> None:
    alice.set_password("another long walk")
    alice.save()
    guess_from_everywhere()
    log_in(browser, "another long walk")
    assert SESSION_KEY not in browser.session


def test_scripts_do_not_see_it_and_it_names_nobody(
    browser: Client, alice: User
) -> None:
    cookie = browser.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert int(cookie["max-age"]) > 300 * 24 * 3600
    assert "alice" not in cookie.value


def test_it_is_secure_with_tls(alice: User, settings: pytest.FixtureRequest) -> None:
    settings.SESSION_COOKIE_SECURE = True  # type: ignore[attr-defined]
    client = Client()
    log_in(client, PASSWORD)
    assert client.cookies[COOKIE]["secure"]


def test_a_browser_is_known_to_several_people(
    browser: Client, alice: User, charlie: User, organization: Organization
) -> None:
    assert gets_in(browser, email=charlie.email)
    browser.post("/logout")
    guess_from_everywhere()
    guess_from_everywhere(email=charlie.email)
    for email in (alice.email, charlie.email):
        assert gets_in(browser, email=email)
        browser.post("/logout")


def test_it_forgets_who_came_long_ago(alice: User) -> None:
    browser = Client()
    assert gets_in(browser)
    browser.post("/logout")
    for number in range(MAX_ACCOUNTS):
        email = f"u{number}@example.org"
        User.objects.create_user(email, PASSWORD)
        assert gets_in(browser, email=email, at=f"192.0.2.{number}")
        browser.post("/logout")
    guess_from_everywhere()
    assert not gets_in(browser)


def test_who_joined_by_invitation_is_known(
    alice: User, organization: Organization
) -> None:
    invited = invite(
        organization=organization, email="eve@example.org", role="member", by=alice
    )
    assert invited.link
    browser = Client()
    browser.post(
        "/invitation/" + invited.link.rpartition("/")[2],
        {"name": "Eve", "password": PASSWORD},
    )
    browser.post("/logout")
    guess_from_everywhere(email="eve@example.org")
    assert gets_in(browser, email="eve@example.org")


def test_a_new_password_opens_an_account_that_was_held(alice: User) -> None:
    guess(5, at=HOME)
    guess_from_everywhere()
    request = RequestFactory().get("/", REMOTE_ADDR=HOME)
    with context.request_context(request):
        get_adapter(request).set_password(alice, PASSWORD)
    assert gets_in(Client())
