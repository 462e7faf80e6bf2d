"""The page on which people land, once sessions arrive."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Organization
from alerts.models import Issue, IssueKind
from conversations.models import Conversation, Transcript
from integrations.models import Delivery, WorkerPulse
from tests.conftest import MakeKey
from tests.conversations.conftest import MakeAgent, MakeConversation
from tests.integrations.expected_sessions.made import MakeSession

HOME = "/org/acme/"
LONG = "name-without-end-" * 15


def text_of(client: Client, path: str = HOME) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def ago(**values: float) -> datetime:
    return timezone.now() - timedelta(**values)


@pytest.fixture
def session(make_conversation: MakeConversation, worker: WorkerPulse) -> Conversation:
    return make_conversation(created_at=ago(minutes=5))


@pytest.mark.parametrize("path", ["/org/acme", "/org/acme/"])
def test_it_is_there_with_a_slash_and_without(
    session: Conversation, alice_client: Client, path: str
) -> None:
    assert "<h1>Home</h1>" in text_of(alice_client, path)


def test_it_says_that_all_is_well(session: Conversation, bob_client: Client) -> None:
    text = text_of(bob_client)
    assert "The agent forwards." in text
    assert "z-home-ok" in text
    assert "Open issues" not in text
    assert "None. One that falls silent or is refused appears here." in text


def test_the_side_bar_names_it_first_and_marks_it(
    session: Conversation, bob_client: Client
) -> None:
    text = text_of(bob_client)
    assert text.index('href="/org/acme/" aria-current="page"') < text.index(
        'href="/org/acme/conversations"'
    )
    other = text_of(bob_client, "/org/acme/conversations")
    assert 'href="/org/acme/" aria-current' not in other
    assert 'href="/org/acme/"' in other


def test_it_shows_the_newest_conversations(
    make_conversation: MakeConversation, session: Conversation, bob_client: Client
) -> None:
    make_conversation(external_id="RM_old", created_at=ago(days=40))
    for number in range(8):
        make_conversation(external_id=f"RM_new{number}", created_at=ago(minutes=1))
    text = text_of(bob_client)
    assert text.count('id="row-') == 8
    assert "RM_new7" in text
    assert "RM_old" not in text


def test_it_tells_what_is_missing_refused_and_live(
    session: Conversation, make_session: MakeSession, bob_client: Client
) -> None:
    make_session("missing", minutes_ago=0.1)
    make_session("missing", minutes_ago=0.1)
    make_session("refused", minutes_ago=0.1)
    make_session("missing", minutes_ago=60 * 24 * 3)
    make_session("missing", minutes_ago=60 * 24 * 30)
    make_session("running", minutes_ago=2, agent_name="night-desk")
    text = text_of(bob_client)
    assert "2 sessions are missing today." in text
    assert "1 session was refused today." in text
    assert "z-home-bad" in text
    today = timezone.now().date()
    assert f"/agents/expected?state=missing&amp;from={today}&amp;to={today}" in text
    week = today - timedelta(days=6)
    assert f'expected?state=missing&amp;from={week}">3</a>' in text
    assert "night-desk" in text
    assert "No session runs." not in text


def test_where_livekit_tells_nothing_it_leads_to_watching_a_project(
    session: Conversation, bob_client: Client
) -> None:
    text = text_of(bob_client)
    assert "No session is missing" not in text
    assert "/settings/integrations/livekit/projects" in text


def test_it_shows_agents_that_need_a_look(
    session: Conversation, organization: Organization, bob_client: Client
) -> None:
    Delivery.objects.create(
        organization=organization,
        provider="livekit",
        agent_reference=session.agent.external_id,
        external_id="RM_bad",
        status=422,
        outcome="rejected",
        reason="turns[3].role is no role",
        body=b"{}",
        size=2,
    )
    text = text_of(bob_client)
    assert "The agent is refused." in text
    assert "turns[3].role is no role" in text
    assert f"/org/acme/agents/{session.agent_id}" in text


def test_it_shows_calls_that_went_wrong(
    make_conversation: MakeConversation, session: Conversation, bob_client: Client
) -> None:
    make_conversation(external_id="RM_f", outcome="fail", created_at=ago(minutes=4))
    make_conversation(
        external_id="RM_e", ended_reason="pipeline-error", created_at=ago(minutes=3)
    )
    make_conversation(
        external_id="RM_t", ended_reason="terrorised", created_at=ago(minutes=2)
    )
    make_conversation(external_id="RM_w", outcome="fail", created_at=ago(days=8))
    text = text_of(bob_client)
    wrong = text[text.index('id="home-wrong"') : text.index('id="home-newest"')]
    assert "2 of the newest 4 in 7 days." in wrong
    assert "RM_f" in wrong
    assert "RM_e" in wrong
    assert "RM_t" not in wrong
    assert "RM_w" not in wrong
    assert "?ended_reason=pipeline-error" in wrong
    assert "?outcome=fail" in wrong


def test_it_shows_the_longest_answers_at_their_turns(
    make_conversation: MakeConversation, session: Conversation, bob_client: Client
) -> None:
    def turn(latency: object) -> dict[str, object]:
        return {"role": "assistant", "metrics": {"e2e_latency": latency}}

    slow = make_conversation(
        external_id="RM_slow",
        created_at=ago(minutes=4),
        turns=[{"role": "user"}, turn(2.5), turn(4.25), turn("9"), turn(9999)],
    )
    make_conversation(
        external_id="RM_quick", created_at=ago(minutes=4), turns=[turn(0.6)]
    )
    text = text_of(bob_client)
    wrong = text[text.index('id="home-wrong"') : text.index('id="home-newest"')]
    assert f"/conversations/{slow.id}?at=3#turn-3" in wrong
    assert "4.2 s" in wrong or "4.3 s" in wrong
    assert "RM_quick" not in wrong


def test_turns_that_are_no_list_are_no_fault(
    make_conversation: MakeConversation, session: Conversation, bob_client: Client
) -> None:
    odd = make_conversation(created_at=ago(minutes=1), turns=[{"role": "user"}])
    Transcript.objects.filter(conversation=odd).update(turns={"not": "a list"})
    assert "Longest answers" not in text_of(bob_client)


def test_it_shows_the_newest_open_issues_and_links_agents(
    session: Conversation, organization: Organization, bob_client: Client
) -> None:
    for number in range(7):
        Issue.objects.create(
            organization=organization,
            kind=IssueKind.AGENT_SILENT,
            cause=str(number),
            agent=session.agent,
            since=ago(hours=number),
            opened_at=ago(hours=number),
            count=number,
        )
    text = text_of(bob_client)
    assert "7 issues are open." in text
    assert text.count("Agent silent") == 5


def test_what_is_over_or_snoozed_is_no_open_issue(
    session: Conversation, organization: Organization, bob_client: Client
) -> None:
    made = {"organization": organization, "kind": IssueKind.AGENT_SILENT}
    since = ago(hours=1)
    Issue.objects.create(**made, cause="a", since=since, resolved_at=timezone.now())
    later = timezone.now() + timedelta(hours=1)
    Issue.objects.create(**made, cause="b", since=since, snoozed_until=later)
    assert "Open issues" not in text_of(bob_client)


def test_issues_of_the_instance_are_for_owners(
    session: Conversation,
    organization: Organization,
    alice_client: Client,
    dora_client: Client,
) -> None:
    Issue.objects.create(
        organization=organization, kind=IssueKind.DISK_FULL, since=ago(hours=1)
    )
    assert "Disk almost full" in text_of(alice_client)
    assert "Disk almost full" not in text_of(dora_client)


def test_names_of_keys_are_for_admins(
    session: Conversation,
    organization: Organization,
    make_key: MakeKey,
    dora_client: Client,
    bob_client: Client,
) -> None:
    key, _ = make_key(organization, name="livekit-prod")
    Issue.objects.create(
        organization=organization,
        kind=IssueKind.KEY_EXPIRES,
        key=key,
        since=ago(hours=1),
    )
    assert "livekit-prod" in text_of(dora_client)
    assert "Key expires" in text_of(bob_client)
    assert "livekit-prod" not in text_of(bob_client)


def test_an_issue_of_a_kind_that_is_not_known_here_is_shown(
    session: Conversation, organization: Organization, bob_client: Client
) -> None:
    Issue.objects.create(
        organization=organization, kind="odd_thing", since=ago(hours=1)
    )
    assert "odd thing" in text_of(bob_client)


def test_it_says_that_the_worker_is_away(
    session: Conversation, worker_away: WorkerPulse, bob_client: Client
) -> None:
    clock = f"{worker_away.seen_at:%H:%M}"
    assert f"Zelto&#x27;s worker is away since {clock}" in text_of(bob_client)


def test_it_escapes_what_was_received(
    make_agent: MakeAgent, make_conversation: MakeConversation, worker: WorkerPulse,
    make_session: MakeSession, bob_client: Client,
) -> None:  # fmt: skip
    evil = "<script>alert(1)</script>"
    agent = make_agent(name=evil)
    make_conversation(
        agent=agent,
        external_id=evil,
        customer_name=evil,
        ended_reason=f"error {evil}",
        created_at=ago(minutes=1),
    )
    make_session("running", agent_name=evil)
    text = text_of(bob_client)
    assert evil not in text
    assert "&lt;script&gt;alert(1)" in text


def test_an_outsider_finds_nothing(
    session: Conversation, charlie_client: Client, client: Client
) -> None:
    assert charlie_client.get(HOME).status_code == 404
    assert charlie_client.get("/org/acme").status_code == 404
    assert client.get(HOME)["Location"] == "/login?next=/org/acme/"


def test_nothing_of_another_organization_is_on_it(
    session: Conversation, make_session: MakeSession, organization: Organization,
    charlie_client: Client,
) -> None:  # fmt: skip
    make_session("missing")
    make_session("running", agent_name="acmes-agent")
    Issue.objects.create(
        organization=organization, kind=IssueKind.AGENT_SILENT, since=ago(hours=1)
    )
    text = text_of(charlie_client, "/org/globex/")
    assert "No session has arrived yet." in text
    assert "acmes-agent" not in text
    assert session.external_id not in text


def test_conversations_that_are_gone_are_no_beginning(
    session: Conversation, organization: Organization, bob_client: Client
) -> None:
    organization.connections.create(provider="livekit", first_session_at=ago(days=400))
    Conversation.objects.all().delete()
    text = text_of(bob_client)
    assert "No conversations." in text
    assert "The agent had no session lately." in text
