from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
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
    assert "Healthy" in content
    assert "Last session <time" in content
    assert "5 min ago" in content
    assert "1 conversation in 24 hours" in content


def test_it_shows_recent_conversations_and_leads_to_all(
    bob_client, agent, make_agent, make_conversation
):
    for number in range(12):
        newest = make_conversation(agent=agent, external_id=f"RM_{number:02}")
    make_conversation(agent=make_agent(), external_id="RM_other")
    content = page_of(bob_client, agent)
    assert "RM_11" in content
    assert "RM_02" in content
    assert "RM_01" not in content
    assert "RM_other" not in content
    assert f'href="/org/acme/conversations?agent={agent.id}"' in content
    assert f"/org/acme/conversations/{newest.id}?agent={agent.id}" in content


def test_it_shows_the_prompt_of_its_newest_conversation(
    bob_client, agent, make_conversation
):
    make_conversation(agent=agent, system_prompt="Be slow.")
    make_conversation(agent=agent, system_prompt="Be quick.")
    content = page_of(bob_client, agent)
    assert "Be quick." in content
    assert "Be slow." not in content


@pytest.mark.parametrize("panel", ["connection", "activity", "versions"])
def test_its_panels_are_loaded_beside_and_are_links_as_well(bob_client, agent, panel):
    content = page_of(bob_client, agent)
    assert f'hx-get="{url_of(agent)}/{panel}"' in content
    assert f'href="{url_of(agent)}/{panel}"' in content


def test_an_agent_with_none_left_says_so(bob_client, agent):
    content = page_of(bob_client, agent)
    assert "No sessions" in content
    assert "Its calls were erased, or moved to another agent." in content


def test_only_admins_are_offered_to_change_it(bob_client, dora_client, agent):
    for word in ("edit", "merge", "retire"):
        assert f'"{url_of(agent)}/{word}"' not in page_of(bob_client, agent)
        assert f'"{url_of(agent)}/{word}"' in page_of(dora_client, agent)


def test_a_retired_agent_says_whether_it_is_called(
    bob_client, agent, make_conversation
):
    agent.retired_at = timezone.now() - timedelta(days=1)
    agent.save()
    assert "What it still sends is taken." in page_of(bob_client, agent)
    make_conversation(agent=agent, created_at=timezone.now())
    assert "Calls have arrived since" in page_of(bob_client, agent)


def test_a_merged_agent_leads_to_the_kept_one(
    bob_client, dora_client, agent, make_agent, make_conversation
):
    alias = make_agent(
        external_id="frontdesk", merged_into=agent, merged_at=timezone.now()
    )
    response = bob_client.get(url_of(alias))
    assert response["Location"] == url_of(agent)
    content = page_of(bob_client, agent)
    assert "frontdesk" in content
    assert f"{url_of(alias)}/separate" not in content
    assert f"{url_of(alias)}/separate" in page_of(dora_client, agent)
    assert "still moving" not in content
    make_conversation(agent=alias)
    assert "still moving" in page_of(bob_client, agent)


@pytest.mark.parametrize("panel", ["activity", "versions", "connection", "edit"])
def test_a_merged_agent_has_no_parts_of_its_own(dora_client, agent, make_agent, panel):
    alias = make_agent(merged_into=agent)
    assert dora_client.get(f"{url_of(alias)}/{panel}").status_code == 404


def test_it_refuses_an_outsider(charlie_client, agent):
    assert charlie_client.get(url_of(agent)).status_code == 404
    assert charlie_client.get(f"/org/globex/agents/{agent.id}").status_code == 404


def test_it_sends_the_signed_out_to_the_login(client, agent):
    assert client.get(url_of(agent))["Location"].startswith("/login")


def test_a_malformed_id_is_not_found(bob_client):
    assert bob_client.get("/org/acme/agents/front-desk").status_code == 404


def test_everything_is_escaped(bob_client, make_agent, make_conversation):
    agent = make_agent(name=NASTY, external_id=NASTY, description=NASTY)
    make_agent(external_id=f"{NASTY}2", merged_into=agent)
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


def test_it_asks_the_database_as_often_for_many_calls_as_for_few(
    bob_client, agent, make_agent, make_conversation
):
    def make(count):
        for number in range(count):
            make_conversation(agent=agent, version=f"{count}.{number}")
            make_agent(merged_into=agent)

    make(5)
    page_of(bob_client, agent)
    with CaptureQueriesContext(connection) as few:
        page_of(bob_client, agent)
    make(45)
    with CaptureQueriesContext(connection) as many:
        page_of(bob_client, agent)
    assert len(many) == len(few)
