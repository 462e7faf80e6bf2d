from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations.agents import delivery_status
from conversations.agents.delivery_status import DeliveryStatus, FailedDelivery
from conversations.agents.status import AgentStatus
from conversations.arrivals.learning import learn_arrivals

URL = "/org/acme/agents"
NASTY = "<script>alert(1)</script>"


def page_of(client, query=""):
    response = client.get(f"{URL}{query}")
    assert response.status_code == 200
    return response


def names(response):
    return [row.agent.display_name for row in response.context["rows"]]


def statuses(response):
    return {
        row.agent.display_name: row.status
        for row in [*response.context["rows"], *response.context["retired"]]
    }


@pytest.fixture
def log_says(monkeypatch):
    """`log_says({agent: AgentNews(...)})` in place of the log of deliveries."""

    def say(news):
        answers = {agent.id: one for agent, one in news.items()}
        monkeypatch.setattr(delivery_status, "_sources", [lambda agents: answers])

    say({})
    return say


@pytest.fixture
def quiet_agent(make_agent, make_conversation):
    """Called every hour for three weeks, and not for thirty hours."""
    agent = make_agent(name="Quiet")
    for hour in range(24 * 21):
        make_conversation(
            agent=agent, created_at=timezone.now() - timedelta(hours=hour + 30)
        )
    learn_arrivals(timezone.now(), seconds=60)
    return agent


def trouble(**fields):
    fields.setdefault("failed", False)
    return FailedDelivery(
        sequence=1, at=timezone.now(), status=422, reason="It has a flaw.", **fields
    )


def test_it_shows_each_agent_with_its_last_session(
    bob_client, make_agent, make_conversation
):
    now = timezone.now()
    agent = make_agent(name="Front desk", external_id="front-desk")
    for age in (timedelta(minutes=2), timedelta(hours=30), timedelta(days=6.9)):
        make_conversation(agent=agent, created_at=now - age)
    make_conversation(agent=agent, created_at=now - timedelta(days=8))
    response = page_of(bob_client)
    content = response.content.decode()
    for text in ("Front desk", "front-desk", "LiveKit", "2 min ago", "Active"):
        assert text in content
    (row,) = response.context["rows"]
    assert (row.rhythm.day, row.rhythm.week) == (1, 3)


def test_those_that_need_a_look_come_first(
    bob_client, make_agent, make_conversation, quiet_agent, log_says
):
    now = timezone.now()
    busy, old, failed, refused, _ = (
        make_agent(name=name)
        for name in ("Busy", "Old", "Failed", "Refused", "Never called")
    )
    for agent in (busy, failed, refused):
        make_conversation(agent=agent, created_at=now - timedelta(minutes=1))
    make_conversation(agent=old, created_at=now - timedelta(days=60))
    log_says(
        {
            refused: DeliveryStatus(trouble=trouble()),
            failed: DeliveryStatus(trouble=trouble(failed=True)),
        }
    )
    response = page_of(bob_client)
    assert names(response)[:3] == ["Failed", "Refused", "Quiet"]
    assert names(response)[-2:] == ["Old", "Never called"]
    assert statuses(response) == {
        "Failed": AgentStatus.FAILED,
        "Refused": AgentStatus.REFUSED,
        "Quiet": AgentStatus.QUIET,
        "Busy": AgentStatus.ACTIVE,
        "Old": AgentStatus.DORMANT,
        "Never called": AgentStatus.NEW,
    }
    content = response.content.decode()
    assert "3 of 6 need a look." in content
    assert "Last delivery refused: It has a flaw." in content
    assert "sessions were to be expected since the last one" in content


def test_what_is_stored_and_not_yet_processed_is_not_silence(
    bob_client, quiet_agent, log_says
):
    log_says({quiet_agent: DeliveryStatus(stored_at=timezone.now())})
    assert statuses(page_of(bob_client)) == {"Quiet": AgentStatus.ACTIVE}


def test_it_says_where_nothing_needs_a_look(bob_client, make_agent, make_conversation):
    for name in ("One", "Two"):
        make_conversation(agent=make_agent(name=name), created_at=timezone.now())
    assert "None of 2 needs a look." in page_of(bob_client).content.decode()


def test_retired_agents_are_folded_away(
    bob_client, make_agent, make_conversation, quiet_agent
):
    now = timezone.now()
    quiet_agent.retired_at = now - timedelta(hours=1)
    quiet_agent.save()
    make_conversation(agent=make_agent(name="Busy"), created_at=now)
    response = page_of(bob_client)
    assert names(response) == ["Busy"]
    assert statuses(response)["Quiet"] is AgentStatus.RETIRED
    content = response.content.decode()
    assert "1 retired" in content
    assert "called since" not in content
    make_conversation(agent=quiet_agent, created_at=now)
    assert "1 called since" in page_of(bob_client).content.decode()


def test_with_all_of_them_retired_it_says_so(bob_client, make_agent):
    make_agent(retired_at=timezone.now())
    assert "No agent in service." in page_of(bob_client).content.decode()


def test_merged_agents_are_not_listed(bob_client, make_agent):
    kept = make_agent(name="Kept")
    make_agent(name="Typo", merged_into=kept)
    assert names(page_of(bob_client)) == ["Kept"]


def test_many_are_searched(bob_client, make_agent):
    for number in range(11):
        make_agent(name=f"Agent {number}")
    assert "Name or external id" not in page_of(bob_client).content.decode()
    kept = make_agent(name="Front desk", external_id="fd-1")
    make_agent(external_id="fd-typo", merged_into=kept)
    assert "Name or external id" in page_of(bob_client).content.decode()
    for text in ("front", "FD-1", "typo"):
        assert names(page_of(bob_client, f"?q={text}")) == ["Front desk"]


@pytest.mark.parametrize("text", ["nobody", "%25", "_", "%00", "a" * 300])
def test_a_search_that_finds_nobody_leads_back(bob_client, make_agent, text):
    make_agent(name="Front desk")
    response = page_of(bob_client, f"?q={text}")
    if text == "%00":
        assert names(response) == ["Front desk"]
        return
    assert names(response) == []
    assert "No agent is called that." in response.content.decode()


def test_beyond_the_page_it_says_that_there_are_more(
    bob_client, make_agent, monkeypatch
):
    monkeypatch.setattr("conversations.agents.views.AGENTS_ON_PAGE", 2)
    for name in ("Old", "Newer", "Newest"):
        make_agent(name=name)
    response = page_of(bob_client)
    assert set(names(response)) == {"Newer", "Newest"}
    assert "These are the 2 newest." in response.content.decode()


def test_it_refuses_an_outsider(charlie_client, organization):
    assert charlie_client.get(URL).status_code == 404


def test_it_sends_the_signed_out_to_the_login(client, organization):
    assert client.get(URL)["Location"].startswith("/login")


def test_it_shows_nothing_of_another_organization(
    bob_client, make_agent, other_organization
):
    make_agent(organization=other_organization, name="Theirs")
    assert names(page_of(bob_client)) == []


def test_names_are_escaped(bob_client, make_agent):
    make_agent(name=NASTY, external_id=NASTY, provider=NASTY[:32])
    content = page_of(bob_client).content.decode()
    assert NASTY not in content
    assert "&lt;script&gt;" in content


def test_an_empty_list_says_the_next_step(bob_client):
    content = page_of(bob_client).content.decode()
    assert "No agents yet." in content
    assert 'href="/org/acme/settings/integrations/livekit"' in content


def test_it_asks_the_database_as_often_for_50_agents_as_for_5(
    bob_client, make_agent, make_conversation
):
    def make(count):
        for _ in range(count):
            # Late, retired, new and alias: every query that may be asked is.
            late = make_agent()
            for week in range(3):
                moment = timezone.now() - timedelta(days=7 * week + 1)
                make_conversation(agent=late, created_at=moment)
            new = make_agent(retired_at=timezone.now())
            make_conversation(agent=new, created_at=timezone.now() - timedelta(days=1))
            make_agent(merged_into=late)

    page_of(bob_client)  # the first page of a session also writes the session
    make(5)
    with CaptureQueriesContext(connection) as few:
        page_of(bob_client)
    make(45)
    with CaptureQueriesContext(connection) as many:
        page_of(bob_client)
    assert len(many) == len(few)
