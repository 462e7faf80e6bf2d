"""One walk over all routes: a HEAD has the headers of the GET and uses nothing up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import first_owner
from accounts.actions import invite
from accounts.models import AuditEntry, Membership, Organization, Role, User
from tests.zelto.routes.walk import QUERIES, Received, all_routes

pytestmark = pytest.mark.django_db

# Pages that are no routes of ours: they are served before, or by Django itself.
OTHERS = (
    *("/healthz", "/readyz", "/metrics", "/v1/openapi.json", "/nowhere", "/v1/nowhere"),
    *("/admin/", "/admin/login/", "/admin/logout/", "/admin/accounts/user/", "/mcp/"),
    *("/org/acme/conversations?page=2", "/org/acme", "/help"),
)
# Another one in each answer.
OF_ONE_ANSWER = {"X-Request-Id", "Content-Security-Policy", "Set-Cookie", "Expires"}
TELLS_THE_TIME = "/v1/worker-check"
# More than the sign-ups that one address has in a minute.
OFTEN = 25
WRITES = re.compile(r"\s*(INSERT INTO|UPDATE|DELETE FROM) \"(\w+)\"")
PASSWORD = "nine calm otters float"


def addresses(received: Received) -> Iterator[str]:
    for name, arguments in all_routes():
        for query in QUERIES.get(name, ("",)):
            yield f"{received.path_of(name, arguments)}?{query}"
    yield from OTHERS


def headers_of(response: HttpResponseBase) -> dict[str, str]:
    return {name: text for name, text in response.items() if name not in OF_ONE_ANSWER}


def test_a_head_has_the_status_and_the_headers_of_the_get(
    received: Received, reader: Callable[[], Client]
) -> None:
    assert [
        address
        for address in addresses(received)
        # Between the two a minute may have gone by, of which the page tells.
        if differs(address, reader) and differs(address, reader)
    ] == []


def differs(address: str, reader: Callable[[], Client]) -> bool:
    """Tell whether a HEAD is answered otherwise than a GET; what it is, is printed."""
    before = transaction.savepoint()
    got = reader().get(address)
    list(got)  # frees what a stream holds
    asked = reader().head(address)
    assert b"".join(asked) == b"", address
    transaction.savepoint_rollback(before)
    if address.startswith(TELLS_THE_TIME):
        return asked.status_code != got.status_code
    both = [(one.status_code, headers_of(one)) for one in (asked, got)]
    if both[0] == both[1]:
        return False
    print(address, *both)  # noqa: T201 - shown where the test fails
    return True


def test_a_head_writes_nothing(
    received: Received, reader: Callable[[], Client]
) -> None:
    client = reader()
    client.get("/v1/agents")  # notes that the key is used, for a minute
    written = {}
    for address in addresses(received):
        with CaptureQueriesContext(connection) as queries:
            b"".join(client.head(address))
        if found := [one["sql"] for one in queries if WRITES.match(one["sql"] or "")]:
            written[address] = found
    assert written == {}
    assert not AuditEntry.objects.exists()


def test_what_is_allowed_names_a_head_where_it_names_a_get(
    received: Received, reader: Callable[[], Client]
) -> None:
    seen = set()
    for name, arguments in all_routes():
        response = reader().put(received.path_of(name, arguments))
        if "GET" in response.get("Allow", ""):
            assert "HEAD" in response["Allow"], name
            seen.add(name)
    assert {"conversations:list", "accounts:invite", "integrations:help"} <= seen


def test_a_message_waits_for_who_reads_the_page(alice_client: Client) -> None:
    page = "/org/acme/settings/organization"
    fields = {"name": "Acme", "slug": "acme", "time_zone": "UTC"}
    assert alice_client.post(page, fields).status_code == 302
    alice_client.head(page)
    assert "Saved." in alice_client.get(page).text
    assert "Saved." not in alice_client.get(page).text


@pytest.mark.parametrize("path", ["/logout", "/admin/logout/"])
def test_who_looks_at_the_log_out_signs_nobody_out(
    alice_client: Client, path: str
) -> None:
    alice_client.head(path)
    alice_client.get(path)
    assert alice_client.get("/org/acme/conversations").status_code == 200


def path_of(link: str) -> str:
    return link.removeprefix(settings.BASE_URL)


def looked_at(path: str) -> None:
    """Ask for a link as those do who look at it before its reader does: often, in both
    ways, from the same address.
    """
    for method in ("head", "get"):
        for _ in range(OFTEN):
            response = getattr(Client(), method)(path, follow=True)
            assert response.status_code == 200, response.content


def test_an_invitation_that_was_looked_at_can_be_accepted(
    organization: Organization, alice: User
) -> None:
    invited = invite(
        organization=organization, by=alice, email="eve@example.org", role=Role.MEMBER
    )
    assert invited.link
    path = path_of(invited.link)
    looked_at(path)
    response = Client().post(path, {"name": "Eve", "password": PASSWORD})
    assert response.status_code == 302
    assert Membership.objects.filter(user__email="eve@example.org").exists()


def test_the_first_owners_link_that_was_looked_at_still_works() -> None:
    path = f"/welcome/{first_owner.token()}"
    looked_at(path)
    fields = {
        "email": "ada@example.org",
        "name": "Ada",
        "password": PASSWORD,
        "organization_name": "Ada",
        "time_zone": "UTC",
    }
    assert Client().post(path, fields).status_code == 302
    assert User.objects.get().email == "ada@example.org"


def test_a_new_password_can_be_set_by_a_link_that_was_looked_at(alice: User) -> None:
    Client().post("/password/reset", {"email": alice.email})
    (link,) = re.findall(r"https?://\S+/password/reset/\S+", str(mail.outbox[0].body))
    path = path_of(link)
    looked_at(path)
    client = Client()
    form = client.get(path)["Location"]
    client.post(form, {"password1": PASSWORD, "password2": PASSWORD})
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


@pytest.mark.parametrize("path", ["/signup", "/login", "/password/reset"])
def test_forms_that_were_looked_at_can_be_sent(
    alice: User, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(settings, "OPEN_SIGNUP", True)
    looked_at(path)
    assert Client().post(path, {"email": "x"}).status_code == 200
