"""Every address below /org/, so that a new one cannot be forgotten."""

from uuid import UUID

import pytest

from accounts.urls import member_urls, organization_urls

ROUTES = [
    str(pattern.pattern)
    .replace("<slug:slug>", "acme")
    .replace("<uuid:invitation_id>", str(UUID(int=1)))
    .replace("<uuid:membership_id>", str(UUID(int=1)))
    for pattern in member_urls + organization_urls
]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_it_refuses_an_outsider(route, method, charlie_client, organization):
    response = getattr(charlie_client, method)(f"/{route}")
    assert response.status_code in {404, 405}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_it_sends_who_is_signed_out_to_the_login(route, method, client, organization):
    response = getattr(client, method)(f"/{route}")
    if response.status_code != 405:
        assert response.status_code == 302
        assert response["Location"].startswith("/login?next=/org/acme/")


@pytest.mark.parametrize("route", ROUTES)
def test_it_has_something_to_refuse(route, alice_client, organization):
    assert "acme" in route
    assert alice_client.get(f"/{route.replace('acme', 'nowhere')}").status_code in {
        404,
        405,
    }
