"""Forms that were open in a second tab while somebody signed in or out in the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client, override_settings

from accounts.models import Invitation, Membership, Organization, User
from integrations.refused_forms import FROM_ELSEWHERE, NO_COOKIE, OUT_OF_DATE

pytestmark = pytest.mark.django_db

AGENTS = "/org/acme/agents"


@dataclass
class Tab:
    """A page of a browser, with the token that its forms had when it was opened."""

    client: Client
    path: str
    token: str

    @classmethod
    def of(cls, client: Client, path: str) -> Tab:
        page = client.get(path)
        assert page.status_code == 200
        return cls(client, path, str(page.context["csrf_token"]))

    def send(self, to: str = "", /, **fields: str) -> Any:
        headers = {"Referer": f"http://testserver{self.path}"}
        fields = {"csrfmiddlewaretoken": self.token, **fields}
        return self.client.post(to or self.path, fields, headers=headers)


@pytest.fixture
def browser() -> Client:
    """Return a client whose forms need their token, as those of a browser do."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def alices(alice: User, password: str) -> dict[str, str]:
    return {"login": alice.email, "password": password}


def log_in(client: Client, fields: dict[str, str]) -> None:
    assert Tab.of(client, "/login").send(**fields).status_code == 302
    assert SESSION_KEY in client.session


def text_of(response: Any) -> str:
    content = " ".join(response.content.decode().split())
    assert not {word for word in ("DEBUG", "CSRF") if word in content}
    return content


@pytest.mark.parametrize(
    ("next_page", "leads_to"),
    [(AGENTS, AGENTS), ("", "/"), ("https://evil.example/", "/"), ("//evil", "/")],
)
def test_signed_in_already_it_goes_on(
    browser: Client, alices: dict[str, str], next_page: str, leads_to: str
) -> None:
    second = Tab.of(browser, f"/login?next={next_page}")
    log_in(browser, alices)
    # Whatever was typed there: it is not looked at.
    response = second.send("/login", login="x", password="x", next=next_page)
    assert response.status_code == 302
    assert response["Location"] == leads_to
    assert SESSION_KEY in browser.session


def test_else_the_form_comes_again_with_a_sentence(
    browser: Client, alices: dict[str, str]
) -> None:
    second = Tab.of(browser, f"/login?next={AGENTS}")
    log_in(browser, alices)
    log_out = Tab.of(browser, "/profile")
    log_out.send("/logout")
    assert SESSION_KEY not in browser.session
    response = second.send("/login", **alices, next=AGENTS)
    assert response.status_code == 403
    assert SESSION_KEY not in browser.session
    content = text_of(response)
    assert OUT_OF_DATE in content
    assert f'value="{alices["login"]}"' in content
    assert alices["password"] not in content
    # That form works, and leads to where the first one would have.
    again = Tab(browser, "/login", str(response.context["csrf_token"]))
    assert f'name="next" value="{AGENTS}"' in content
    assert again.send(**alices, next=AGENTS)["Location"] == AGENTS


def test_a_password_that_comes_with_such_a_form_is_not_tried(
    browser: Client, alices: dict[str, str]
) -> None:
    for _ in range(8):
        response = browser.post("/login", {**alices, "password": "wrong"})
        assert response.status_code == 403
        assert "do not match" not in text_of(response)
    log_in(browser, alices)


def test_a_browser_that_keeps_no_cookies_is_told_so(
    browser: Client, alices: dict[str, str]
) -> None:
    tab = Tab.of(browser, "/login")
    browser.cookies.clear()
    assert NO_COOKIE in text_of(tab.send(**alices))


def test_an_address_that_zelto_does_not_know_is_told(
    browser: Client, alices: dict[str, str]
) -> None:
    tab = Tab.of(browser, "/login")
    with override_settings(BASE_URL="https://zelto.example.com"):
        response = browser.post(
            "/login",
            {**alices, "csrfmiddlewaretoken": tab.token},
            headers={"Origin": "http://zelto.example.com"},
        )
        sentence = FROM_ELSEWHERE.format(base_url="https://zelto.example.com")
    assert response.status_code == 403
    assert sentence in text_of(response)


def test_logging_out_by_a_page_from_before_asks_once_more(
    browser: Client, alices: dict[str, str]
) -> None:
    log_in(browser, alices)
    old = Tab.of(browser, "/profile")
    old.send("/logout")
    log_in(browser, alices)
    response = old.send("/logout")
    assert response.status_code == 403
    assert OUT_OF_DATE in text_of(response)
    Tab(browser, "/logout", str(response.context["csrf_token"])).send()
    assert SESSION_KEY not in browser.session


def test_whoever_is_logged_out_already_is_not_asked(browser: Client) -> None:
    response = browser.post("/logout")
    assert response.status_code == 302
    assert response["Location"] == "/"


def forms(organization: Organization, alice: User, bob: User) -> dict[str, Any]:
    """Return the address of each form of a page, by page, with what is sent."""
    membership = Membership.objects.get(user=bob)
    return {
        "/org/acme/settings/members": (
            ("/org/acme/settings/members/invite", {"email": "eve@example.org"}),
            (f"/org/acme/settings/members/{membership.pk}/role", {"role": "admin"}),
        ),
        "/org/acme/settings/organization": (("", {"name": "New"}),),
        "/org/acme/settings/integrations/livekit": (
            ("/org/acme/settings/integrations/livekit/keys", {"name": "k"}),
        ),
        "/org/acme/conversations/upload": (("", {"new_agent": "desk"}),),
        "/profile": (("/profile/name", {"name": "Ada"}),),
        "/password/change": (("", {"oldpassword": "x"}),),
    }


def test_a_form_from_before_is_not_sent_and_leads_back_to_its_page(
    browser: Client,
    alices: dict[str, str],
    organization: Organization,
    alice: User,
    bob: User,
) -> None:
    log_in(browser, alices)
    of_pages = forms(organization, alice, bob)
    before = [Tab.of(browser, page) for page in of_pages]
    before[0].send("/logout")
    log_in(browser, alices)
    for tab in before:
        for address, fields in of_pages[tab.path]:
            response = tab.send(address, **fields)
            content = text_of(response)
            assert response.status_code == 403, address
            assert OUT_OF_DATE in content
            assert f'href="{tab.path}">Open the page again' in content
    assert not Invitation.objects.exists()


def test_a_form_sent_after_logging_out_leads_back_to_its_page_by_the_login(
    browser: Client,
    alices: dict[str, str],
    organization: Organization,
    alice: User,
    bob: User,
) -> None:
    log_in(browser, alices)
    of_pages = forms(organization, alice, bob)
    before = [Tab.of(browser, page) for page in of_pages if page != "/password/change"]
    before[0].send("/logout")
    for tab in before:
        for address, fields in of_pages[tab.path]:
            response = tab.send(address, **fields)
            assert response["Location"] == f"/login?next={tab.path}"
            page = browser.get(response["Location"])
            assert "nothing was sent" in text_of(page)


def test_an_invitation_in_a_second_tab_leads_back_to_itself(
    browser: Client, alices: dict[str, str], organization: Organization
) -> None:
    invitation = Invitation.objects.create(
        organization=organization,
        email="eve@example.org",
        token_digest=Invitation.digest("secret"),
        expires_at="2100-01-01T00:00Z",
    )
    tab = Tab.of(browser, "/invitation/secret")
    log_in(browser, alices)
    response = tab.send(name="Eve", password="a long walk")
    assert response.status_code == 403
    assert 'href="/invitation/secret">Open the page again' in text_of(response)
    invitation.refresh_from_db()
    assert invitation.accepted_at is None


def test_a_part_of_a_page_is_not_filled_with_the_login(client: Client) -> None:
    """htmx would put it into the page; told to, it loads all of the page anew."""
    led_to = client.get(AGENTS, headers={"HX-Request": "true"})["Location"]
    assert led_to == f"/login?next={AGENTS}"
    response = client.get(led_to, headers={"HX-Request": "true"})
    assert response["HX-Refresh"] == "true"
    assert "HX-Refresh" not in client.get(led_to)
