"""One walk over all routes: what belongs to another organization does not exist."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from accounts.models import Organization
from tests.zelto.routes.walk import routes

pytestmark = pytest.mark.django_db

METHODS = ("get", "post")
# What has a number in its place, and nobody has.
UNKNOWN = {"number": 1, "credential_id": 2**31, "rule_id": 2**31}


def organization_routes() -> list[tuple[str, set[str]]]:
    return sorted(
        (name, names) for name, _, names in routes(get_resolver()) if "slug" in names
    )


def test_the_walk_finds_the_routes() -> None:
    names = {name for name, _ in organization_routes()}
    assert {
        "conversations:list",
        "conversations:detail",
        "conversations:agent",
        "integrations:livekit",
        "accounts:organization",
    } <= names


@pytest.mark.parametrize("method", METHODS)
def test_an_outsider_finds_no_organization(
    everything: dict[str, Any], charlie_client: Client, method: str
) -> None:
    for name, names in organization_routes():
        url = reverse(name, kwargs={each: everything[each] for each in names})
        response = getattr(charlie_client, method)(url)
        assert response.status_code in {404, 405}, f"{method} {url}"


@pytest.mark.parametrize("method", METHODS)
def test_ones_own_organization_shows_nobody_elses_things(
    everything: dict[str, Any],
    other_organization: Organization,
    charlie_client: Client,
    method: str,
) -> None:
    mine = everything | {"slug": other_organization.slug}
    walked = 0
    for name, names in organization_routes():
        if names == {"slug"}:
            continue
        url = reverse(name, kwargs={each: mine[each] for each in names})
        response = getattr(charlie_client, method)(url)
        assert response.status_code in {404, 405}, f"{method} {url}"
        walked += 1
    assert walked


def test_an_unknown_id_looks_like_anothers(
    everything: dict[str, Any], alice_client: Client
) -> None:
    for name, names in organization_routes():
        if names == {"slug"}:
            continue
        unknown = {each: uuid.uuid4() for each in names} | {"slug": everything["slug"]}
        unknown |= {each: UNKNOWN[each] for each in UNKNOWN.keys() & names}
        response = alice_client.get(reverse(name, kwargs=unknown))
        assert response.status_code in {404, 405}, name


def test_nobody_signed_out_sees_an_organization(everything: dict[str, Any]) -> None:
    for name, names in organization_routes():
        url = reverse(name, kwargs={each: everything[each] for each in names})
        response = Client().get(url)
        assert response.status_code in {302, 405}, url
        if response.status_code == 302:
            assert response["Location"].startswith("/login"), url
