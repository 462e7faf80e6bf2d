"""The hosts of an agent and of a key, on their pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import ApiKey, Organization
from conversations.models import Agent
from integrations.agent_workers import listing
from integrations.models import AgentWorker
from tests.conftest import MakeKey

pytestmark = pytest.mark.django_db

MakeWorker = Callable[..., AgentWorker]


@pytest.fixture
def agent(organization: Organization) -> Agent:
    return Agent.objects.create(
        organization=organization, provider="livekit", external_id="front-desk"
    )


@pytest.fixture
def key(organization: Organization, make_key: MakeKey) -> ApiKey:
    return make_key(organization, "ingest")[0]


@pytest.fixture
def make_worker(organization: Organization, key: ApiKey) -> MakeWorker:
    """Return `make_worker(host, hours_ago=0)`."""

    def make(host: str, hours_ago: float = 0, **fields: Any) -> AgentWorker:
        at = timezone.now() - timedelta(hours=hours_ago)
        return AgentWorker.objects.create(
            **{
                "organization": organization,
                "key": key,
                "provider": "livekit",
                "agent_reference": "front-desk",
                "host": host,
                "user_agent": "zelto-livekit/0.1.0 (livekit-agents 1.8.9; Python 3.12.4)",
                "first_at": at,
                "last_at": at,
                "waiting": 0,
                "refused": 0,
                **fields,
            }
        )

    return make


def page_of(agent: Agent) -> str:
    return f"/org/acme/agents/{agent.id}/workers"


def page_of_key(key: ApiKey) -> str:
    return f"/org/acme/settings/integrations/livekit/keys/{key.id}"


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_an_agents_page_asks_for_its_workers(bob_client: Client, agent: Agent) -> None:
    page = text_of(bob_client, f"/org/acme/agents/{agent.id}")
    assert f'hx-get="{page_of(agent)}"' in page
    assert "once their worker has the package" in text_of(bob_client, page_of(agent))


def test_each_host_is_there_with_what_it_says(
    bob_client: Client, agent: Agent, make_worker: MakeWorker
) -> None:
    make_worker("gpu-7", waiting=1234, refused=0)
    make_worker("gpu-8", refused=2)
    page = text_of(bob_client, page_of(agent))
    assert "gpu-7" in page
    assert all(f">{version}<" in page for version in ("0.1.0", "1.8.9"))
    assert "Python 3.12.4" in page
    assert "1,234" in page
    assert "Catching up" in page
    assert "Refused" in page
    assert "2 hosts" in page


def test_a_host_that_fell_silent_while_others_forward_is_marked_and_comes_first(
    bob_client: Client, agent: Agent, make_worker: MakeWorker
) -> None:
    make_worker("well", 0)
    make_worker("slow", 23)
    make_worker("gone", 30)
    page = text_of(bob_client, page_of(agent))
    assert "1 of 3 hosts has not forwarded" in page
    assert page.count("Silent") == 1
    assert page.index("gone") < page.index("well") < page.index("slow")


def test_where_all_are_silent_none_is_marked(
    bob_client: Client, agent: Agent, make_worker: MakeWorker
) -> None:
    make_worker("a", 100)
    make_worker("b", 101)
    assert "Silent" not in text_of(bob_client, page_of(agent))


def test_a_host_that_has_another_key_by_now_is_there_once_and_not_silent(
    bob_client: Client,
    alice_client: Client,
    agent: Agent,
    key: ApiKey,
    organization: Organization,
    make_worker: MakeWorker,
    make_key: MakeKey,
) -> None:
    make_worker("gpu-7", 100)
    make_worker("gpu-7", 0, key=make_key(organization, "ingest")[0])
    page = text_of(bob_client, page_of(agent))
    assert page.count('title="gpu-7"') == 1
    assert "Silent" not in page
    assert "Silent" not in text_of(alice_client, page_of_key(key))


def test_the_page_of_a_key_has_its_hosts_with_their_agents(
    alice_client: Client, key: ApiKey, make_worker: MakeWorker
) -> None:
    assert "Workers</h2>" not in text_of(alice_client, page_of_key(key))
    make_worker("gpu-7", 0)
    make_worker("gpu-8", 40, agent_reference="billing")
    page = text_of(alice_client, page_of_key(key))
    assert "Workers</h2>" in page
    assert "billing" in page
    assert "Silent" not in page, "the other one forwards for another agent"


def test_hosts_of_a_merged_agent_are_those_of_the_kept_one(
    bob_client: Client,
    organization: Organization,
    agent: Agent,
    make_worker: MakeWorker,
) -> None:
    Agent.objects.create(
        organization=organization,
        provider="livekit",
        external_id="old-desk",
        merged_into=agent,
        merged_at=timezone.now(),
    )
    make_worker("gpu-9", agent_reference="old-desk")
    assert "gpu-9" in text_of(bob_client, page_of(agent))


def test_a_hostile_name_is_shown_as_text(
    bob_client: Client, agent: Agent, make_worker: MakeWorker
) -> None:
    make_worker('<script>alert("x")</script>', user_agent="<b>no package</b>")
    page = text_of(bob_client, page_of(agent))
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "<b>no" not in page


def test_no_more_are_shown_than_anybody_reads(
    bob_client: Client,
    agent: Agent,
    make_worker: MakeWorker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listing, "MAX_SHOWN", 2)
    for number in range(5):
        make_worker(f"gpu-{number}", number)
    page = text_of(bob_client, page_of(agent))
    assert "5 hosts, of which the first 2 are shown" in page


def test_fifty_hosts_make_no_more_queries_than_five(
    bob_client: Client,
    agent: Agent,
    make_worker: MakeWorker,
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    for number in range(5):
        make_worker(f"a-{number}")
    bob_client.get(page_of(agent))
    with CaptureQueriesContext(connection) as few:
        bob_client.get(page_of(agent))
    for number in range(45):
        make_worker(f"b-{number}")
    with django_assert_num_queries(len(few)):
        bob_client.get(page_of(agent))


def test_an_outsider_sees_none(
    charlie_client: Client, agent: Agent, make_worker: MakeWorker
) -> None:
    make_worker("gpu-7")
    assert charlie_client.get(page_of(agent)).status_code == 404


def test_another_organizations_hosts_are_not_there(
    bob_client: Client,
    agent: Agent,
    other_organization: Organization,
    make_worker: MakeWorker,
    make_key: MakeKey,
) -> None:
    key = make_key(other_organization, "ingest")[0]
    make_worker("theirs", organization=other_organization, key=key)
    assert "theirs" not in text_of(bob_client, page_of(agent))
