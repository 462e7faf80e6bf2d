from datetime import timedelta

import pytest
from django.utils import timezone

NASTY = "<script>alert(1)</script>"


def url_of(agent):
    return f"/org/acme/agents/{agent.id}"


def page_of(client, agent):
    response = client.get(url_of(agent))
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def agent(make_agent):
    return make_agent(name="Front desk", external_id="front-desk")


def test_it_says_when_the_last_session_arrived(bob_client, agent, make_conversation):
    make_conversation(agent=agent, created_at=timezone.now() - timedelta(minutes=5))
    content = page_of(bob_client, agent)
    assert "Last session <time" in content
    assert "5 min ago" in content
    assert "1 conversation in 24 hours" in content


def test_it_shows_recent_conversations_and_leads_to_all(
    bob_client, agent, make_agent, make_conversation
):
    for number in range(12):
        make_conversation(agent=agent, external_id=f"RM_{number:02}")
    make_conversation(agent=make_agent(), external_id="RM_other")
    content = page_of(bob_client, agent)
    assert "RM_11" in content
    assert "RM_02" in content
    assert "RM_01" not in content
    assert "RM_other" not in content
    assert f'href="/org/acme/conversations?agent={agent.id}"' in content


def test_it_shows_the_prompt_of_its_newest_conversation(
    bob_client, agent, make_conversation
):
    make_conversation(agent=agent, system_prompt="Be slow.")
    make_conversation(agent=agent, system_prompt="Be quick.")
    content = page_of(bob_client, agent)
    assert "Be quick." in content
    assert "Be slow." not in content


def test_it_shows_the_versions_seen_lately(bob_client, agent, make_conversation):
    for version in ("v1", "v2", "v2", ""):
        make_conversation(agent=agent, version=version)
    versions = bob_client.get(url_of(agent)).context["versions"]
    assert [(one["version"], one["count"]) for one in versions] == [
        ("v2", 2),
        ("v1", 1),
    ]


def test_its_connection_is_loaded_beside(bob_client, agent):
    assert f'hx-get="{url_of(agent)}/connection"' in page_of(bob_client, agent)


def test_an_agent_without_a_call_says_so(bob_client, agent):
    content = page_of(bob_client, agent)
    assert "No session yet" in content
    assert "No conversations yet." in content


def test_it_refuses_an_outsider(charlie_client, agent):
    assert charlie_client.get(url_of(agent)).status_code == 404
    assert charlie_client.get(f"/org/globex/agents/{agent.id}").status_code == 404


def test_it_sends_the_signed_out_to_the_login(client, agent):
    assert client.get(url_of(agent))["Location"].startswith("/login")


def test_a_malformed_id_is_not_found(bob_client):
    assert bob_client.get("/org/acme/agents/front-desk").status_code == 404


def test_everything_is_escaped(bob_client, make_agent, make_conversation):
    agent = make_agent(name=NASTY, external_id=NASTY, description=NASTY)
    make_conversation(
        agent=agent,
        external_id=NASTY,
        customer_name=NASTY,
        ended_reason=NASTY,
        version=NASTY,
        system_prompt=NASTY,
    )
    content = page_of(bob_client, agent)
    assert NASTY not in content
    assert "&lt;script&gt;" in content
