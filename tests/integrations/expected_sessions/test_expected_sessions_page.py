"""`/org/<slug>/agents/expected`."""

from __future__ import annotations

import html
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organization
from integrations.expected_sessions import pages
from integrations.models import LiveKitProject
from tests.conversations.conftest import MakeAgent, MakeConversation
from tests.integrations.expected_sessions.made import MakeSession, turn

URL = "/org/acme/agents/expected"
AT_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def page_of(client: Client, query: str = "") -> str:
    response = client.get(f"{URL}{query}")
    assert response.status_code == 200
    return response.content.decode()


def text_of(content: str) -> str:
    """What is read of a page, with one space where there is any."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", content)).split())


def jobs_in(content: str) -> list[str]:
    """The jobs of the list's rows, from top to bottom."""
    rows = re.findall(r'<tr class="z-row" id="row-.*?</tr>', content, re.DOTALL)
    return [job for row in rows for job in re.findall(r'title="(AJ_[^"]*)"', row)]


def link(content: str, rel: str) -> str:
    match = re.search(rf'rel="{rel}" href="([^"]*)"', content)
    return html.unescape(match[1]) if match else ""


def test_it_leads_to_watching_a_project_where_none_is(
    dora_client: Client, bob_client: Client
) -> None:
    content = page_of(dora_client)
    assert "No LiveKit project is watched yet." in content
    assert "/org/acme/settings/integrations/livekit" in content
    assert "Filter sessions" not in content
    of_a_member = page_of(bob_client)
    assert "Once an admin lets it tell Zelto" in of_a_member
    assert "btn btn-primary" not in of_a_member.split("z-nothing-yet")[1]


def test_it_waits_for_the_first_event(
    bob_client: Client, livekit_project: LiveKitProject
) -> None:
    LiveKitProject.objects.update(last_event_at=None)
    text = text_of(page_of(bob_client))
    assert "production has told nothing yet." in text
    assert "No session yet." in text


def test_a_project_that_fell_silent_is_named(
    bob_client: Client, livekit_project: LiveKitProject
) -> None:
    LiveKitProject.objects.update(last_event_at=timezone.now() - timedelta(days=3))
    assert "production has told nothing since" in text_of(page_of(bob_client))


def test_it_says_how_many_ended_arrived_and_are_missing(
    bob_client: Client, make_session: MakeSession
) -> None:
    for state, times in {
        "arrived": 5,
        "missing": 2,
        "refused": 1,
        "no_session": 3,
        "not_told": 1,
        "awaited": 1,
        "running": 2,
    }.items():
        for _ in range(times):
            make_session(state, at=timezone.now())
    content = page_of(bob_client)
    text = text_of(content)
    assert (
        "2 missing today 13 sessions ended, 5 arrived, 1 refused 2 running now" in text
    )
    today = text[text.index("Today Ended") :]
    assert today.startswith("Today Ended 13 Arrived 5 Refused 1 Missing 2")
    assert "Beside these 1 awaited, 3 without a session, 1 not told." in today
    assert "7 days Ended 13 Arrived 5 Refused 1 Missing 2" in text


def test_all_is_well_where_all_arrived(
    bob_client: Client, make_session: MakeSession
) -> None:
    make_session("arrived", at=timezone.now())
    text = text_of(page_of(bob_client))
    assert "None missing today 1 session ended, 1 arrived" in text
    assert "None is missing." in text


def test_days_begin_at_midnight_where_the_organization_is(
    bob_client: Client,
    organization: Organization,
    make_session: MakeSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Organization.objects.update(time_zone="America/New_York")
    # 23:00 and 01:00 in New York.
    make_session("missing", at=datetime(2026, 11, 20, 4, tzinfo=UTC))
    make_session("arrived", at=datetime(2026, 11, 20, 6, tzinfo=UTC))
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT_NOON)
    text = text_of(page_of(bob_client))
    assert "Today Ended 1 Arrived 1 Refused 0 Missing 0" in text
    assert "7 days Ended 2 Arrived 1 Refused 0 Missing 1" in text
    assert "Thursday 19 November 1 0 0 1 Friday 20 November 1 1 0 0" in text


def test_what_is_older_than_seven_days_is_not_counted(
    bob_client: Client, make_session: MakeSession
) -> None:
    make_session("missing", minutes_ago=60 * 24 * 8)
    content = page_of(bob_client)
    assert "None ended today" in content
    assert "7 days Ended" not in text_of(content)
    assert jobs_in(content) == ["AJ_0001"]


def test_agents_with_most_missing_come_first(
    bob_client: Client, make_session: MakeSession, make_agent: MakeAgent
) -> None:
    steady, flaky = make_agent(name="Steady"), make_agent(name="Flaky")
    for _ in range(3):
        make_session("arrived", agent=steady, minutes_ago=1)
    make_session("missing", agent=flaky, minutes_ago=1)
    make_session("awaited", agent_name="not-here-yet", minutes_ago=1)
    text = text_of(page_of(bob_client))
    table = text[text.index("By agent") :]
    assert "Flaky 1 0 0 1 1 0 0 1 0 Steady 3 3 0 0 3 3 0 0 0" in table
    assert "not-here-yet 1 0 0 0 1 0 0 0 1" in table


def test_what_was_told_of_a_merged_agent_counts_as_the_kept_ones(
    bob_client: Client, make_session: MakeSession, make_agent: MakeAgent
) -> None:
    kept, typo = make_agent(name="Front desk"), make_agent(name="Front dekc")
    make_session("missing", agent=kept, minutes_ago=2)
    make_session("missing", agent=typo, minutes_ago=1)
    typo.merged_into, typo.merged_at = kept, timezone.now()
    typo.save()
    text = text_of(page_of(bob_client))
    assert "Front desk 2 0 0 2 2 0 0 2 0" in text
    assert "Front dekc" not in text.split("Missing, refused or late")[0]
    assert jobs_in(page_of(bob_client, f"?agent={kept.id}")) == ["AJ_0002", "AJ_0001"]


def test_a_missing_one_says_what_is_known_and_what_to_do(
    bob_client: Client, make_session: MakeSession, make_agent: MakeAgent
) -> None:
    make_session(
        "missing",
        agent=make_agent(name="Front desk"),
        job_status="failed",
        job_error="worker disconnected",
        worker_id="AW_1",
        reason="Nothing arrived in 10 minutes after its end.",
    )
    content = page_of(bob_client)
    row = text_of(content[content.index('<tr class="z-row"') :])
    for part in ("Missing", "Front desk", "room-1", "AJ_0001", "3:12", "Failed"):
        assert part in row
    assert "Nothing arrived in 10 minutes after its end." in row
    assert "LiveKit says: worker disconnected" in row
    assert "Look at the log of worker AW_1" in row


def test_a_refused_one_leads_an_admin_to_the_delivery(
    bob_client: Client, dora_client: Client, make_session: MakeSession
) -> None:
    delivery = uuid.uuid4()
    make_session("refused", refused_delivery=delivery, reason="422: a role is wrong")
    assert f"/org/acme/deliveries/{delivery}" in page_of(dora_client)
    of_a_member = page_of(bob_client)
    assert "422: a role is wrong" in of_a_member
    assert str(delivery) not in of_a_member


def test_one_that_came_late_stays_listed_and_leads_to_its_conversation(
    bob_client: Client, make_session: MakeSession, make_conversation: MakeConversation
) -> None:
    conversation = make_conversation()
    make_session("arrived", came_late=True, conversation=conversation)
    make_session("arrived")
    content = page_of(bob_client)
    assert jobs_in(content) == ["AJ_0001"]
    assert f"/org/acme/conversations/{conversation.id}" in content
    assert "Late" in text_of(content[content.index('<tr class="z-row"') :])


def test_what_runs_is_listed_with_how_long(
    bob_client: Client, make_session: MakeSession
) -> None:
    started = timezone.now() - timedelta(minutes=5)
    make_session("running", at=started, started_at=started, agent_name="front-desk")
    content = page_of(bob_client)
    running = text_of(content[content.index("Live now") :])
    assert "front-desk room-1 AJ_0001" in running
    assert "5 min" in running
    assert "1 running now" in content


def test_what_is_told_is_escaped(bob_client: Client, make_session: MakeSession) -> None:
    nasty = "<script>alert(1)</script>"
    make_session(
        "missing",
        room_name=nasty,
        agent_name=nasty,
        job_error=nasty,
        reason=nasty,
        worker_id=nasty,
        job_status="failed",
    )
    make_session("running", room_name=nasty, agent_name=nasty)
    assert "<script>alert(1)" not in page_of(bob_client)


def test_a_server_without_events_of_jobs_leaves_no_hole(
    bob_client: Client, make_session: MakeSession
) -> None:
    make_session("missing", job_id="", reference="PA_1")
    row = text_of(page_of(bob_client).split('<tr class="z-row"')[1])
    assert "Not told" in row


@pytest.mark.parametrize(
    ("query", "jobs"),
    [
        ("", ["AJ_late", "AJ_refused", "AJ_missing"]),
        ("?state=missing", ["AJ_missing"]),
        ("?state=late", ["AJ_late"]),
        ("?state=arrived", ["AJ_late", "AJ_arrived"]),
        ("?state=running", ["AJ_running"]),
        ("?reference=AJ_arrived", ["AJ_arrived"]),
        ("?reference=AJ_arrive", []),
        ("?reference=AJ_arrived&state=missing", []),
        ("?reference=RM_shared", ["AJ_refused", "AJ_missing"]),
        ("?from=2030-01-01&state=all", []),
        ("?to=2020-01-01&state=all", []),
        (
            "?state=all",
            ["AJ_running", "AJ_late", "AJ_refused", "AJ_arrived", "AJ_missing"],
        ),
    ],
)
def test_it_is_narrowed(
    bob_client: Client, make_session: MakeSession, query: str, jobs: list[str]
) -> None:
    make_session("missing", minutes_ago=50, job_id="AJ_missing", room_sid="RM_shared")
    make_session("arrived", minutes_ago=40, job_id="AJ_arrived")
    make_session("refused", minutes_ago=30, job_id="AJ_refused", room_sid="RM_shared")
    make_session("arrived", minutes_ago=20, job_id="AJ_late", came_late=True)
    make_session("running", minutes_ago=10, job_id="AJ_running")
    content = page_of(bob_client, query)
    assert jobs_in(content) == jobs
    assert ("No session fits these filters." in content) == (not jobs)


def test_a_filter_that_makes_no_sense_is_left_out_with_a_sentence(
    bob_client: Client, make_session: MakeSession
) -> None:
    make_session("missing")
    content = page_of(bob_client, "?state=lost&agent=me&from=yesterday")
    assert "There is no state “lost”" in content
    assert "The agent in the address is not an id" in content
    assert "From is not a date" in content
    assert jobs_in(content) == ["AJ_0001"]


def test_pages_go_back_and_forth_over_all_states(
    bob_client: Client, make_session: MakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PAGE_SIZE", 4)
    # Several at the same moment, in turns of state.
    moment = timezone.now() - timedelta(hours=1)
    for number in range(11):
        late = number % 3 == 2
        make_session(
            "arrived" if late else ("missing", "refused")[number % 3],
            at=moment - timedelta(minutes=number // 2),
            came_late=late,
        )
    first = page_of(bob_client)
    second = page_of(bob_client, link(first, "next"))
    third = page_of(bob_client, link(second, "next"))
    seen = [*jobs_in(first), *jobs_in(second), *jobs_in(third)]
    assert len(seen) == len(set(seen)) == 11
    assert not link(third, "next")
    assert jobs_in(page_of(bob_client, link(third, "prev"))) == jobs_in(second)
    assert jobs_in(page_of(bob_client, link(second, "prev"))) == jobs_in(first)


def test_older_pages_show_the_list_alone(
    bob_client: Client, make_session: MakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PAGE_SIZE", 1)
    for _ in range(2):
        make_session("missing")
    older = page_of(bob_client, link(page_of(bob_client), "next"))
    assert "By agent" not in older
    assert "data-live=" not in older


def test_a_poll_is_answered_only_where_something_changed(
    bob_client: Client, make_session: MakeSession, make_conversation: MakeConversation
) -> None:
    session = make_session("missing", at=timezone.now())

    def poll(version: str) -> Any:
        return bob_client.get(f"{URL}?seen={version}", headers={"HX-Request": "true"})

    version = re.findall(r'data-version="([0-9a-f]{16})"', page_of(bob_client))[0]
    assert poll(version).status_code == 204
    turn(session, "arrived", came_late=True, conversation=make_conversation())
    answer = poll(version)
    assert answer.status_code == 200
    assert "None missing today" in answer.content.decode()
    assert "<html" not in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "count"), [("", 12), ("?state=all", 7), ("?state=missing", 7)]
)
def test_fifty_rows_cost_as_many_queries_as_five(
    bob_client: Client,
    make_session: MakeSession,
    make_agent: MakeAgent,
    query: str,
    count: int,
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            page_of(bob_client, query)
        return len(queries)

    for _ in range(2):
        make_session("missing", agent=make_agent())
        make_session("running", agent=make_agent())
    page_of(bob_client, query)
    few = asked()
    for _ in range(20):
        make_session("missing", agent=make_agent())
        make_session("running", agent=make_agent())
    assert (few, asked()) == (count, count)


@pytest.mark.parametrize("url", [URL, f"{URL}.csv"])
def test_it_refuses_an_outsider(
    url: str, client: Client, charlie_client: Client, make_session: MakeSession
) -> None:
    make_session("missing")
    assert charlie_client.get(url).status_code == 404
    assert client.get(url)["Location"].startswith("/login")


def test_another_organization_sees_nothing_of_it(
    charlie_client: Client,
    other_organization: Organization,
    make_session: MakeSession,
    make_agent: MakeAgent,
) -> None:
    agent = make_agent()
    make_session("missing", agent=agent)
    make_session("running", agent=agent)
    for query in ("", f"?agent={agent.id}&state=all", "?reference=AJ_0001"):
        response = charlie_client.get(f"/org/globex/agents/expected{query}")
        assert jobs_in(response.content.decode()) == []


def test_the_side_bar_leads_to_it(bob_client: Client) -> None:
    content = page_of(bob_client)
    assert f'href="{URL}" aria-current="page"' in content
    assert 'href="/org/acme/agents" aria-current' not in content
    agents = bob_client.get("/org/acme/agents").content.decode()
    assert 'href="/org/acme/agents" aria-current="page"' in agents
