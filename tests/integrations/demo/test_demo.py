"""`manage.py demo`: four weeks of sessions through the real webhook."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from pytest_django.live_server_helper import LiveServer

from accounts.models import ApiKey, Organization, User
from conversations.detail.channel_names import names_of_channels
from conversations.detail.turn_alignment import align_turns
from conversations.models import (
    Agent,
    Charge,
    Conversation,
    ConversationQuerySet,
    Recording,
    Transcript,
)
from integrations.demo.plan import Plan
from integrations.demo.session import RECORDED
from integrations.demo.weeks import Weeks
from integrations.models import (
    Connection,
    Delivery,
    ExpectedSession,
    ExpectedSessionTally,
)

SESSIONS = 130
MAX_BODY_BYTES = 5 * 1024 * 1024
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def worker(process: Callable[[], None]) -> Iterator[None]:
    """Processes what arrives, until the end of the test."""
    stop = threading.Event()

    def work() -> None:
        try:
            while not stop.wait(0.05):
                process()
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()


def run(live_server: LiveServer, **options: object) -> str:
    out = StringIO()
    options.setdefault("sessions", SESSIONS)
    call_command("demo", url=live_server.url, stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("worker", "alice")
def test_every_page_has_something_to_show(
    organization: Organization, live_server: LiveServer
) -> None:
    """One run, since a run takes seconds; what it is to show is below."""
    Organization.objects.filter(pk=organization.pk).update(time_zone="Europe/Berlin")
    said = run(live_server)
    refusals_are_shown(said)
    conversations_are_varied(Conversation.objects.in_organization(organization))
    transcripts_are_varied()
    all_times_agree()
    some_agents_need_a_look()
    some_can_be_heard()
    livekit_told_of_them()


def refusals_are_shown(said: str) -> None:
    answers = Counter[int]()
    for status, count in Delivery.objects.values_list("status", "count"):
        answers[status] += count
    plan = Plan(1, SESSIONS, Weeks(datetime.now(UTC), BERLIN, 1), MAX_BODY_BYTES)
    expected = Counter(post.expects for post in plan.posts())
    assert f"{answers.pop(200)} with 200" in said
    del expected[200]
    assert answers == expected + Counter({401: 1})
    assert not Delivery.objects.filter(outcome__in=["accepted", "failed"]).exists()


def conversations_are_varied(conversations: ConversationQuerySet) -> None:
    assert conversations.count() == SESSIONS
    assert {one.provider for one in conversations} == {"livekit", "zelto"}
    assert (
        len({one.created_at.astimezone(BERLIN).date() for one in conversations}) >= 20
    )
    assert conversations.filter(turn_count=0).exists()
    assert conversations.filter(turn_count__gte=20).exists()
    assert conversations.exclude(cost=None).exists()
    assert {"participant_disconnected", "error", "job_shutdown"} <= {
        one.ended_reason for one in conversations
    }
    assert {"en", "de", "es", "ar", "ja"} <= {
        one.metadata.get("language") for one in conversations
    }


def transcripts_are_varied() -> None:
    for turn in (
        {"role": "tool"},
        {"isError": True},
        {"kind": "handoff"},
        {"interrupted": True},
    ):
        assert Transcript.objects.filter(turns__contains=[turn]).exists(), turn


def all_times_agree() -> None:
    received = list(
        Delivery.objects.order_by("sequence").values_list("received_at", flat=True)
    )
    assert received == sorted(received)
    lags = []
    for one in Conversation.objects.all():
        assert one.updated_at >= one.created_at
        if one.ended_at is not None:
            lags.append(one.created_at - one.ended_at)
    assert all(timedelta(0) < lag < timedelta(hours=3) for lag in lags)
    # A few came late.
    late = [lag for lag in lags if lag > timedelta(minutes=5)]
    assert 0 < len(late) < len(lags) / 20
    for charge, conversation in zip(
        Charge.objects.order_by("charged_at"),
        Conversation.objects.order_by("created_at"),
        strict=True,
    ):
        assert charge.charged_at == conversation.created_at
    for connection in Connection.objects.all():
        sessions = Conversation.objects.filter(provider=connection.provider)
        assert connection.first_session_at == sessions.earliest("created_at").created_at
    for agent in Agent.objects.all():
        assert agent.created_at == agent.conversations.earliest("created_at").created_at


def some_agents_need_a_look() -> None:
    silent = Conversation.objects.filter(agent__external_id="night-line")
    newest = silent.latest("created_at").created_at
    assert timedelta(days=9) < datetime.now(UTC) - newest < timedelta(days=14)
    refused = Delivery.objects.filter(agent_reference="returns-desk").newest_first()[0]
    assert (refused.status, refused.outcome) == (422, "rejected")
    assert refused.body is not None
    assert Agent.objects.get(external_id="warehouse-hotline").name == ""
    versions = Conversation.objects.filter(agent__external_id="front-desk")
    assert len(set(versions.values_list("version", flat=True))) > 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("worker", "alice")
def test_twice_adds_nothing(
    organization: Organization, live_server: LiveServer
) -> None:
    run(live_server, sessions=30)

    def facts() -> list[object]:
        return [
            *Conversation.objects.order_by("id").values_list("id", "created_at"),
            *Delivery.objects.order_by("sequence").values_list("uuid", "received_at"),
            *Charge.objects.order_by("id").values_list("id", "charged_at"),
            ApiKey.objects.count(),
        ]

    before = facts()
    assert "there already: 30 sessions" in run(live_server, sessions=30)
    assert facts() == before
    run(live_server, sessions=33)
    assert Conversation.objects.count() == Charge.objects.count() == 33


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("worker")
def test_its_keys_end_with_it(
    organization: Organization, alice: User, live_server: LiveServer
) -> None:
    run(live_server, sessions=1)
    # Alerts show one that expires soon.
    keys = ApiKey.objects.in_organization(organization).filter(expires_at=None)
    assert {(key.name, key.state(), key.made_by) for key in keys} == {
        ("demo", "revoked", alice)
    }
    newest = Delivery.objects.newest_first()[0]
    assert newest.status == 401
    assert "revoked" in newest.reason


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("alice")
def test_it_says_so_where_no_worker_is(
    organization: Organization,
    live_server: LiveServer,
    process: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("integrations.management.commands.demo.PATIENCE_SECONDS", 0.5)
    with pytest.raises(CommandError, match="Start the worker"):
        run(live_server, sessions=5)
    process()
    assert "there already" in run(live_server, sessions=5)
    oldest = Conversation.objects.earliest("created_at")
    assert datetime.now(UTC) - oldest.created_at > timedelta(days=1)


@pytest.mark.django_db
def test_it_asks_for_an_owner_first() -> None:
    with pytest.raises(
        CommandError, match=r"Sign up first: http://localhost.*/welcome/"
    ):
        call_command("demo")


@pytest.mark.django_db
@pytest.mark.usefixtures("alice", "charlie")
def test_it_asks_which_organization_is_meant() -> None:
    with pytest.raises(CommandError, match="--organization: acme, globex"):
        call_command("demo")
    with pytest.raises(CommandError, match="There are: acme, globex"):
        call_command("demo", organization="initech")


@pytest.mark.django_db
@pytest.mark.usefixtures("alice", "charlie")
@pytest.mark.parametrize("name", ["acme", "Acme"])
def test_it_says_so_where_nothing_answers(name: str) -> None:
    with pytest.raises(CommandError, match="Nothing answers at http"):
        call_command("demo", organization=name, url="http://127.0.0.1:9", sessions=1)
    assert not ApiKey.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("alice")
def test_it_says_so_where_something_else_answers(live_server: LiveServer) -> None:
    with pytest.raises(CommandError, match="answers 404, so it is not Zelto"):
        call_command("demo", url=f"{live_server.url}/elsewhere", sessions=1)
    assert not Delivery.objects.exists()


def some_can_be_heard() -> None:
    heard = Recording.objects.stored()
    assert heard.count() == RECORDED
    for recording in heard.select_related("conversation__transcript"):
        conversation = recording.conversation
        assert conversation.has_audio
        assert recording.channels == 2
        length = recording.duration_seconds or 0.0
        assert abs(length - (conversation.duration_seconds or 0.0)) < 1
        turns = conversation.transcript.turns or []
        placed = align_turns(
            turns,
            length=length,
            metadata=conversation.metadata,
            call_started_at=conversation.started_at,
        )
        assert placed.places
        names, are_heard = names_of_channels(
            peaks=recording.peaks,
            length=length,
            turns=turns,
            placing=placed,
            metadata={},
        )
        assert names == ["Agent", "User"] or not are_heard


def livekit_told_of_them() -> None:
    """Each session that was posted has arrived, and each state has a row."""
    sessions = ExpectedSession.objects.all()
    assert {one.state for one in sessions} == set(ExpectedSession.State.values)
    conversations = Conversation.objects.filter(provider="livekit")
    settled = set(sessions.values_list("conversation", flat=True)) - {None}
    assert settled == set(conversations.values_list("id", flat=True))
    assert sessions.filter(came_late=True).count() >= 1
    named = sessions.filter(state="refused").values("refused_delivery")
    assert Delivery.objects.filter(uuid__in=named, outcome="rejected").exists()
    counted = Counter[str]()
    for tally in ExpectedSessionTally.objects.all():
        counted[tally.state] += tally.count
    assert +counted == Counter(one.state for one in sessions)
