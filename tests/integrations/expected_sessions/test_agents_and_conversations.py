"""What pages of agents and conversations say of what LiveKit told."""

from __future__ import annotations

import html
import re
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from tests.conversations.conftest import MakeAgent, MakeConversation
from tests.integrations.expected_sessions.made import MakeSession


def text_of(client: Client, url: str) -> str:
    content = client.get(url).content.decode()
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", content)).split())


def test_an_agents_page_has_today_and_seven_days(
    bob_client: Client, make_agent: MakeAgent, make_session: MakeSession
) -> None:
    agent, other = make_agent(name="Front desk"), make_agent(name="Other")
    now = timezone.now()
    for state in ("arrived", "arrived", "missing"):
        make_session(state, agent=agent, at=now)
    make_session("refused", agent=agent, at=now - timedelta(days=5))
    make_session("missing", agent=other, at=now)
    url = f"/org/acme/agents/{agent.id}"
    text = text_of(bob_client, url)
    assert "Today 3 2 0 1 7 days 4 2 1 1" in text
    assert f"/org/acme/agents/expected?agent={agent.id}" in (
        bob_client.get(url).content.decode()
    )


def test_an_agent_of_whom_nothing_was_told_has_no_such_part(
    bob_client: Client, make_agent: MakeAgent
) -> None:
    agent = make_agent()
    for url in (f"/org/acme/agents/{agent.id}", "/org/acme/agents"):
        content = bob_client.get(url).content.decode()
        assert "expected-heading" not in content
        assert "z-col-expected" not in content


def test_the_list_of_agents_names_what_is_missing(
    bob_client: Client, make_agent: MakeAgent, make_session: MakeSession
) -> None:
    flaky, steady = make_agent(name="Flaky"), make_agent(name="Steady")
    make_agent(name="Not watched")
    for state in ("arrived", "missing", "missing", "refused"):
        make_session(state, agent=flaky, minutes_ago=1)
    make_session("arrived", agent=steady, minutes_ago=1)
    rows = text_of(bob_client, "/org/acme/agents").split("7 days")[1]
    assert re.search(r"Flaky .{,60} 2 missing, 1 refused", rows)
    assert re.search(r"Steady .{,60} None missing", rows)


def test_a_conversation_tells_its_room_and_job(
    bob_client: Client, make_conversation: MakeConversation, make_session: MakeSession
) -> None:
    conversation = make_conversation()
    make_session(
        "arrived",
        conversation=conversation,
        came_late=True,
        room_name="support-4711",
        worker_id="AW_1",
        job_status="failed",
        job_error="<b>worker disconnected",
    )
    url = f"/org/acme/conversations/{conversation.id}"
    text = text_of(bob_client, url)
    for part in (
        "LiveKit room support-4711 RM_0001",
        "LiveKit job AJ_0001",
        "Worker AW_1",
        "Job ended failed <b>worker disconnected",
        "Arrival Came late",
    ):
        assert part in text
    content = bob_client.get(url).content.decode()
    assert "/org/acme/agents/expected?reference=AJ_0001" in content


def test_a_conversation_that_nobody_told_of_shows_no_livekit(
    bob_client: Client, make_conversation: MakeConversation
) -> None:
    conversation = make_conversation()
    text = text_of(bob_client, f"/org/acme/conversations/{conversation.id}")
    assert "LiveKit room" not in text
    assert "Arrival" not in text
