from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

URL = "/org/acme/agents"
NASTY = "<script>alert(1)</script>"


def names(response):
    return [row.agent.display_name for row in response.context["rows"]]


def test_it_shows_each_agent_with_its_last_session(
    bob_client, make_agent, make_conversation
):
    now = timezone.now()
    agent = make_agent(name="Front desk", external_id="front-desk")
    for age in (timedelta(minutes=2), timedelta(hours=30), timedelta(days=6.9)):
        make_conversation(agent=agent, created_at=now - age)
    make_conversation(agent=agent, created_at=now - timedelta(days=8))
    response = bob_client.get(URL)
    content = response.content.decode()
    for text in ("Front desk", "front-desk", "LiveKit", "2 min ago", "Active"):
        assert text in content
    (row,) = response.context["rows"]
    assert (row.rhythm.day, row.rhythm.week) == (1, 3)


def test_those_that_need_a_look_come_first(bob_client, make_agent, make_conversation):
    now = timezone.now()
    busy, quiet, never, old = (
        make_agent(name=name, created_at=now - timedelta(days=90))
        for name in ("Busy", "Quiet", "Never called", "Old")
    )
    for hour in range(24 * 21):
        make_conversation(agent=busy, created_at=now - timedelta(hours=hour))
        make_conversation(agent=quiet, created_at=now - timedelta(hours=hour + 30))
    make_conversation(agent=old, created_at=now - timedelta(days=60))
    response = bob_client.get(URL)
    assert names(response) == ["Quiet", "Busy", "Old", "Never called"]
    content = response.content.decode()
    assert "1 agent is silent for longer than usual." in content
    for text in ("Dormant", "No session yet"):
        assert text in content
    assert (quiet.name, never.name) == ("Quiet", "Never called")


def test_it_refuses_an_outsider(charlie_client, organization):
    assert charlie_client.get(URL).status_code == 404


def test_it_sends_the_signed_out_to_the_login(client, organization):
    assert client.get(URL)["Location"].startswith("/login")


def test_it_shows_nothing_of_another_organization(
    bob_client, make_agent, other_organization
):
    make_agent(organization=other_organization, name="Theirs")
    assert names(bob_client.get(URL)) == []


def test_names_are_escaped(bob_client, make_agent):
    make_agent(name=NASTY, external_id=NASTY, provider=NASTY[:32])
    content = bob_client.get(URL).content.decode()
    assert NASTY not in content
    assert "&lt;script&gt;" in content


def test_an_empty_list_says_the_next_step(bob_client):
    content = bob_client.get(URL).content.decode()
    assert "No agents yet." in content
    assert 'href="/org/acme/settings/integrations/livekit"' in content


def test_it_asks_the_database_as_often_for_50_agents_as_for_5(
    bob_client, make_agent, make_conversation
):
    bob_client.get(URL)  # the first page of a session also writes the session
    for _ in range(5):
        make_conversation(agent=make_agent())
    with CaptureQueriesContext(connection) as few:
        bob_client.get(URL)
    for _ in range(45):
        make_conversation(agent=make_agent())
    with CaptureQueriesContext(connection) as many:
        bob_client.get(URL)
    assert len(many) == len(few)
