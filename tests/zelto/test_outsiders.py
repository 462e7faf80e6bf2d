"""One walk over all routes: what belongs to another organization does not exist."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Invitation, Membership, Organization, User
from conversations.models import (
    Agent,
    Conversation,
    Recording,
    SavedView,
    Transcript,
)
from integrations.models import Delivery, LiveKitCredential, LiveKitProject
from tests.conftest import MakeKey

pytestmark = pytest.mark.django_db

METHODS = ("get", "post")
# The operators' pages have a login of their own.
LEFT_OUT = ("admin",)


def routes(
    resolver: URLResolver, above: str = "", namespace: str = ""
) -> Iterator[tuple[str, str, set[str]]]:
    """(name, path, argument names) of every named route."""
    for part in resolver.url_patterns:
        path = above + str(part.pattern)
        if path.startswith(LEFT_OUT):
            continue
        if isinstance(part, URLResolver):
            inner = f"{namespace}{part.namespace}:" if part.namespace else namespace
            yield from routes(part, path, inner)
        elif isinstance(part, URLPattern) and part.name:
            names = set(part.pattern.regex.groupindex) | set(path_arguments(path))
            yield f"{namespace}{part.name}", path, names


def path_arguments(path: str) -> list[str]:
    return [
        piece.split(">")[0].split(":")[-1] for piece in path.split("<")[1:] if piece
    ]


@pytest.fixture
def everything(
    organization: Organization, alice: User, make_key: MakeKey
) -> dict[str, Any]:
    """One of each thing that `organization` has, by the name it has in a route."""
    agent = Agent.objects.create(
        organization=organization, provider="livekit", external_id="front-desk"
    )
    conversation = Conversation.objects.create(
        organization=organization,
        agent=agent,
        provider="livekit",
        external_id="call-1",
        applied_through=1,
    )
    Transcript.objects.create(conversation=conversation, turns=[])
    Recording.objects.create(
        conversation=conversation, source_url="https://example.com/a.ogg"
    )
    delivery = Delivery.objects.create(
        organization=organization, status=200, outcome="processed"
    )
    invitation = Invitation.objects.create(
        organization=organization,
        email="eve@example.org",
        token_digest=b"x",
        expires_at="2100-01-01T00:00Z",
    )
    membership = Membership.objects.get(user=alice)
    view = SavedView.objects.create(
        organization=organization,
        membership=membership,
        place=1,
        name="Ours",
        is_shared=True,
    )
    project = LiveKitProject.objects.create(organization=organization, name="Ours")
    credential = LiveKitCredential.objects.create(
        project=project, api_key="APIours", secret="a secret of ours"
    )
    return {
        "slug": organization.slug,
        "project_id": project.id,
        "credential_id": credential.id,
        "agent_id": agent.id,
        "conversation_id": conversation.id,
        "delivery_id": delivery.uuid,
        "key_id": make_key(organization)[0].id,
        "membership_id": membership.id,
        "view_id": view.id,
        "invitation_id": invitation.id,
        "number": 1,
    }


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
        unknown |= {"number": 1} if "number" in names else {}
        response = alice_client.get(reverse(name, kwargs=unknown))
        assert response.status_code in {404, 405}, name


def test_nobody_signed_out_sees_an_organization(everything: dict[str, Any]) -> None:
    for name, names in organization_routes():
        url = reverse(name, kwargs={each: everything[each] for each in names})
        response = Client().get(url)
        assert response.status_code in {302, 405}, url
        if response.status_code == 302:
            assert response["Location"].startswith("/login"), url
