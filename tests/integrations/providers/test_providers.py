"""What holds for each provider that there is."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import ApiKey, Organization
from conversations.models import Agent, Conversation, Provider, Transcript
from conversations.providers import label_of, pages
from integrations.models import Delivery
from integrations.providers import PROVIDERS
from integrations.settings_pages.provider_pages import CONTENTS
from tests.conftest import MakeKey

pytestmark = pytest.mark.django_db

PLACES = ("/v1/agents", "/v1/conversations", "/v1/deliveries")
each_provider = pytest.mark.parametrize("provider", [*Provider.values, "gone"])
each_page = pytest.mark.parametrize("provider", list(pages()))


@pytest.fixture
def headers(organization: Organization, make_key: MakeKey) -> dict[str, str]:
    key = make_key(organization, scope=ApiKey.Scope.FULL)[1]
    return {"Authorization": f"Bearer {key}"}


def call_of(organization: Organization, provider: str) -> Conversation:
    agent = Agent.objects.create(
        organization=organization, provider=provider, external_id="front-desk"
    )
    conversation = Conversation.objects.create(
        organization=organization,
        agent=agent,
        provider=provider,
        external_id="call-1",
        applied_through=1,
    )
    Transcript.objects.create(conversation=conversation, turns=[])
    Delivery.objects.create(
        organization=organization, provider=provider, status=200, outcome="processed"
    )
    return conversation


@each_provider
@pytest.mark.parametrize("place", PLACES)
def test_programs_read_what_came_from_it(
    organization: Organization, headers: dict[str, str], provider: str, place: str
) -> None:
    call_of(organization, provider)

    response = Client().get(place, headers=headers)

    assert response.status_code == 200
    (told,) = response.json()["data"]
    assert provider in (told.get("source"), told.get("provider"))


@each_provider
def test_pages_show_what_came_from_it(
    organization: Organization, dora_client: Client, provider: str
) -> None:
    conversation = call_of(organization, provider)

    for path in (
        "agents",
        f"agents/{conversation.agent_id}",
        "conversations",
        f"conversations/{conversation.id}",
        "deliveries",
    ):
        response = dora_client.get(f"/org/acme/{path}")
        assert response.status_code == 200, path
        assert label_of(provider) in response.content.decode(), path


@pytest.mark.parametrize("place", ["conversations", "deliveries"])
@pytest.mark.parametrize("provider", Provider.values)
def test_lists_can_be_narrowed_to_it(
    organization: Organization,
    dora_client: Client,
    headers: dict[str, str],
    provider: str,
    place: str,
) -> None:
    call_of(organization, provider)
    others = [one for one in Provider.values if one != provider]

    page = dora_client.get(f"/org/acme/{place}?provider={provider}")
    assert f'<option value="{provider}" selected>' in page.content.decode()
    for one, count in [(provider, 1), (others[0], 0)]:
        response = Client().get(f"/v1/{place}?provider={one}", headers=headers)
        assert len(response.json()["data"]) == count


def test_each_that_posts_has_an_adapter_and_no_other_has() -> None:
    posting = {one.value for one in Provider if one.facts.way == "webhook"}

    assert posting == PROVIDERS.keys()


@each_page
def test_its_page_says_how_to_connect_it(
    dora_client: Client, provider: Provider
) -> None:
    page = pages()[provider]
    card = dora_client.get("/org/acme/settings/integrations").content.decode()
    assert page.title in card and page.text in card

    response = dora_client.get(f"/org/acme/settings/integrations/{page.name}")

    assert response.status_code == 200
    html = response.content.decode()
    assert page.title in html
    assert f"Send a test {page.noun}" in html
    assert f"{page.sender.capitalize()} posts" in html


def test_no_two_pages_have_one_address() -> None:
    names = [page.name for page in pages().values()]

    assert len(set(names)) == len(names)
    assert CONTENTS.keys() <= pages().keys()
