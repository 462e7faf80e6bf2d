"""One walk over all routes: no answer may be kept by a cache that others read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Organization
from tests.conftest import MakeKey
from tests.zelto.routes.walk import QUERIES, Received, all_routes

pytestmark = pytest.mark.django_db

KEPT_BY_NOBODY = "private, no-store"
# Asked for again each time, by its tag: a player asks for the same bytes often.
REVALIDATED = {"api:recording", "conversations:recording"}


def may_be_shared(header: str) -> bool:
    words = {word.strip() for word in header.split(",")}
    return "no-store" not in words and not {"private", "no-cache"} <= words


def test_no_answer_of_any_route_may_be_kept_for_others(
    received: Received, reader: Callable[[], Client]
) -> None:
    shared, revalidated = {}, set()
    for name, arguments in all_routes():
        before = transaction.savepoint()
        path = received.path_of(name, arguments)
        for query in QUERIES.get(name, ("",)):
            for method in ("get", "post"):
                response = getattr(reader(), method)(f"{path}?{query}")
                list(response)  # frees what a stream holds
                header = response.get("Cache-Control", "")
                if may_be_shared(header):
                    shared[f"{method} {name}"] = header
                if response.status_code < 300 and "no-store" not in header:
                    revalidated.add(name)
        transaction.savepoint_rollback(before)
    assert shared == {}
    assert revalidated == REVALIDATED


@pytest.mark.parametrize(
    "path",
    ["/", "/login", "/org/acme/conversations", "/nowhere", "/v1/nowhere", "/admin/"],
)
def test_neither_may_what_somebody_signed_out_gets(path: str) -> None:
    response = Client().get(path)
    assert "no-store" in response["Cache-Control"]


def test_a_refused_post_may_not_be_kept_either() -> None:
    for response in (
        Client().get("/webhooks/calls"),
        Client().post("/webhooks/calls", b"{}", "application/json"),
        Client().get("/login", headers={"Host": "evil.example"}),
    ):
        assert response.status_code >= 400
        assert response["Cache-Control"] == KEPT_BY_NOBODY


def test_a_program_still_need_not_fetch_what_it_has(
    received: Received, organization: Organization, make_key: MakeKey
) -> None:
    client = Client(
        headers={"Authorization": f"Bearer {make_key(organization)[1]}"},
    )
    path = reverse("api:conversation", args=[received.arguments["conversation_id"]])
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert first["Cache-Control"] == again["Cache-Control"] == KEPT_BY_NOBODY
