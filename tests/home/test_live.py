"""The home page turns by itself: its parts alone, or nothing where nothing changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Membership, Organization, Role, User
from alerts.models import Issue, IssueKind
from conversations.models import Conversation
from integrations.models import WorkerPulse
from tests.conversations.conftest import MakeAgent, MakeConversation
from tests.integrations.expected_sessions.made import MakeSession

HOME = "/org/acme/"


def poll(client: Client, etag: str = "") -> Any:
    headers = {"HX-Request": "true"}
    if etag:
        headers["If-None-Match"] = etag
    return client.get(HOME, headers=headers)


@pytest.fixture
def session(make_conversation: MakeConversation, worker: WorkerPulse) -> Conversation:
    return make_conversation(created_at=timezone.now() - timedelta(minutes=5))


def test_the_page_carries_the_tag_of_its_own_parts(
    session: Conversation, bob_client: Client
) -> None:
    page = bob_client.get(HOME).content.decode()
    etag = poll(bob_client)["ETag"]
    assert f'data-refresh-etag="{etag.replace(chr(34), "&quot;")}"' in page


def test_a_poll_gets_the_parts_alone(session: Conversation, bob_client: Client) -> None:
    answer = poll(bob_client)
    text = answer.content.decode()
    assert "<html" not in text
    for part in ("answer", "content", "issues", "today", "sessions", "agents", "wrong"):
        assert f'id="home-{part}"' in text
    assert "HX-Request" in answer["Vary"]


def test_where_nothing_changed_there_is_no_answer(
    session: Conversation, bob_client: Client
) -> None:
    answer = poll(bob_client, poll(bob_client)["ETag"])
    assert answer.status_code == 304
    assert not answer.content


def test_a_page_that_is_loaded_is_whole(
    session: Conversation, bob_client: Client
) -> None:
    etag = poll(bob_client)["ETag"]
    answer = bob_client.get(HOME, headers={"If-None-Match": etag})
    assert answer.status_code == 200
    assert "ETag" not in answer


def change_nothing_but_the_worker(session: Conversation) -> None:
    WorkerPulse.objects.update(seen_at=timezone.now() - timedelta(minutes=3))


def arrive(session: Conversation) -> None:
    Conversation.objects.create(
        organization=session.organization,
        agent=session.agent,
        provider="livekit",
        external_id="RM_second",
    )


def judge(session: Conversation) -> None:
    Conversation.objects.filter(pk=session.pk).touch(outcome="fail")


def rename(session: Conversation) -> None:
    session.agent.name, session.agent.updated_at = "Night desk", timezone.now()
    session.agent.save()


def open_issue(session: Conversation) -> None:
    Issue.objects.create(
        organization=session.organization,
        kind=IssueKind.AGENT_SILENT,
        since=timezone.now(),
    )


def lose_a_role(session: Conversation) -> None:
    Membership.objects.filter(user__email="bob@example.org").update(role=Role.OWNER)


@pytest.mark.parametrize(
    "change",
    [
        change_nothing_but_the_worker,
        arrive,
        judge,
        rename,
        open_issue,
        lose_a_role,
    ],
)
def test_what_changes_is_told(
    session: Conversation, bob: User, bob_client: Client, change: object
) -> None:
    etag = poll(bob_client)["ETag"]
    change(session)  # type: ignore[operator]
    assert poll(bob_client, etag).status_code == 200


def test_a_session_that_goes_missing_is_told(
    session: Conversation, make_session: MakeSession, bob_client: Client
) -> None:
    etag = poll(bob_client)["ETag"]
    make_session("missing", minutes_ago=0.1)
    answer = poll(bob_client, etag)
    assert answer.status_code == 200
    assert b"1 session is missing today." in answer.content


def test_a_poll_is_no_visit(
    session: Conversation,
    bob: User,
    bob_client: Client,
    other_organization: Organization,
) -> None:
    Membership.objects.create(
        organization=other_organization, user=bob, role=Role.MEMBER
    )
    bob_client.get("/org/globex/")
    poll(bob_client)
    assert bob_client.get("/")["Location"] == "/org/globex/"


def test_a_head_is_answered(session: Conversation, bob_client: Client) -> None:
    answer = bob_client.head(HOME)
    assert answer.status_code == 200
    assert not answer.content


# Session, person, membership; whether it began; issues and how many; agents; how many sessions and which
# run; the worker; today, of two; calls that went wrong, newest ones, slow ones.
QUERIES_OF_A_POLL = 16


def test_any_number_of_everything_takes_as_many_queries(
    session: Conversation,
    make_agent: MakeAgent,
    make_conversation: MakeConversation,
    make_session: MakeSession,
    organization: Organization,
    bob_client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    def more(count: int) -> None:
        for number in range(count):
            agent = make_agent()
            make_conversation(
                agent=agent,
                outcome="fail",
                created_at=timezone.now() - timedelta(minutes=number),
                turns=[{"role": "assistant", "metrics": {"e2e_latency": 3}}],
            )
            make_session("running", agent=agent)
            make_session("missing", minutes_ago=0.1)
            Issue.objects.create(
                organization=organization,
                kind=IssueKind.AGENT_SILENT,
                cause=str(agent.pk),
                agent=agent,
                since=timezone.now(),
            )

    # More issues than are shown, so that they are counted.
    more(6)
    bob_client.get(HOME)
    with django_assert_num_queries(QUERIES_OF_A_POLL):
        poll(bob_client)
    more(8)
    with django_assert_num_queries(QUERIES_OF_A_POLL):
        poll(bob_client)
