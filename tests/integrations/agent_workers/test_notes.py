"""What workers say of themselves, from the headers of their posts to a row of each host."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.models import ApiKey, Organization
from integrations.agent_workers import notes
from integrations.delivery_log.retention import forget
from integrations.models import AgentWorker, Delivery
from tests.conftest import MakeKey
from tests.integrations.conftest import Post, session

pytestmark = pytest.mark.django_db(transaction=True)

PACKAGE = "zelto-livekit/0.1.0 (livekit-agents 1.8.9; Python 3.12.4)"


@pytest.fixture
def forward(post: Post, process: Callable[[], None]) -> Callable[..., Any]:
    """Return `forward(call, host, waiting=, refused=)`, which posts as the package does
    and has the session processed.
    """

    def send(
        call: str = "call-1",
        host: str | None = "gpu-7",
        waiting: str = "0",
        refused: str = "0",
        agent: str = "front-desk",
        **headers: str,
    ) -> Any:
        sent = {
            "User-Agent": PACKAGE,
            "Zelto-Outbox-Waiting": waiting,
            "Zelto-Outbox-Refused": refused,
            **({} if host is None else {"Zelto-Worker-Host": host}),
            **headers,
        }
        body = session(call, agent={"externalId": agent})
        response = post(body, **sent)
        process()
        return response

    return send


def hosts() -> set[str]:
    return set(AgentWorker.objects.values_list("host", flat=True))


def test_a_post_of_the_package_notes_its_host(
    forward: Callable[..., Any], organization: Organization
) -> None:
    forward(waiting="3", refused="1")
    worker = AgentWorker.objects.get()
    assert (worker.organization, worker.key) == (organization, ApiKey.objects.get())
    assert (worker.provider, worker.agent_reference) == ("zelto", "front-desk")
    assert (worker.host, worker.user_agent) == ("gpu-7", PACKAGE)
    assert (worker.waiting, worker.refused) == (3, 1)
    assert worker.last_at == Delivery.objects.get().received_at


def test_other_senders_note_none(forward: Callable[..., Any]) -> None:
    forward(**{"User-Agent": "python-httpx/0.28.1"})
    assert not AgentWorker.objects.exists()
    assert Delivery.objects.get().worker_host is None


def test_a_host_that_is_not_told_is_one_row(forward: Callable[..., Any]) -> None:
    forward("call-1", host=None)
    forward("call-2", host=None)
    assert AgentWorker.objects.get().host == ""


def test_each_key_agent_and_host_has_a_row(forward: Callable[..., Any]) -> None:
    forward("call-1", "gpu-7")
    forward("call-2", "gpu-8")
    forward("call-3", "gpu-7", agent="billing")
    assert AgentWorker.objects.count() == 3


def test_what_waits_is_current_and_the_time_lags_by_a_minute_at_most(
    forward: Callable[..., Any],
) -> None:
    forward("call-1", waiting="5")
    first = AgentWorker.objects.get()
    forward("call-2", waiting="5")
    assert AgentWorker.objects.get().last_at == first.last_at
    forward("call-3", waiting="0")
    now = AgentWorker.objects.get()
    assert (now.waiting, now.first_at) == (0, first.first_at)
    assert now.last_at == Delivery.objects.get(external_id="call-3").received_at
    AgentWorker.objects.update(last_at=F("last_at") - timedelta(seconds=61))
    forward("call-4", waiting="0")
    assert AgentWorker.objects.get().last_at > now.last_at


def test_a_replay_is_not_news_of_its_host(forward: Callable[..., Any]) -> None:
    forward("call-1", waiting="5")
    forward("call-2", waiting="0")
    before = AgentWorker.objects.get()
    notes.note_workers([Delivery.objects.get(external_id="call-1").sequence])
    after = AgentWorker.objects.get()
    assert (after.last_at, after.waiting) == (before.last_at, 0)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("h" * 4000, "h" * 255),
        ("a\x1b[31mb", "a\ufffd[31mb"),
        ("\xff\xfe", "\xff\xfe"),
        ("   ", ""),
    ],
)
def test_any_host_can_be_stored(
    forward: Callable[..., Any], sent: str, stored: str
) -> None:
    assert forward(host=sent).status_code == 200
    assert hosts() == {stored}


@pytest.mark.parametrize("sent", ["", "-1", "many", "9" * 40, "1.5", "٣"])
def test_a_number_that_is_none_counts_as_nothing_waiting(
    forward: Callable[..., Any], sent: str
) -> None:
    forward(waiting=sent)
    assert AgentWorker.objects.get().waiting == 0


def test_of_a_key_the_latest_hosts_are_kept(
    forward: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes, "MAX_HOSTS_OF_KEY", 3)
    for number in range(6):
        forward(f"call-{number}", f"pod-{number}")
    assert hosts() == {"pod-3", "pod-4", "pod-5"}
    forward("call-9", "pod-0")
    assert hosts() == {"pod-4", "pod-5", "pod-0"}


def test_a_large_session_notes_its_host_too(
    post: Post, process: Callable[[], None]
) -> None:
    body = session("call-1")
    body["transcript"]["turns"][0]["content"] = "word " * 60_000
    headers = {
        "User-Agent": PACKAGE,
        "Zelto-Worker-Host": "gpu-7",
        "Zelto-Outbox-Waiting": "2",
    }
    post(body, **headers)
    process()
    assert AgentWorker.objects.get().waiting == 2


def test_a_host_that_forwards_nothing_for_a_month_is_forgotten(
    forward: Callable[..., Any],
) -> None:
    forward("call-1", "gone")
    forward("call-2", "here")
    old = AgentWorker.objects.filter(host="gone")
    old.update(last_at=F("last_at") - timedelta(days=31))
    assert forget().workers == 1
    assert hosts() == {"here"}


def test_workers_go_with_their_organization(
    other_organization: Organization, make_key: MakeKey
) -> None:
    now = timezone.now()
    AgentWorker.objects.create(
        organization=other_organization,
        key=make_key(other_organization)[0],
        first_at=now,
        last_at=now,
        waiting=0,
        refused=0,
    )
    other_organization.delete()
    assert not AgentWorker.objects.exists()


def test_another_organization_has_rows_of_its_own(
    forward: Callable[..., Any],
    other_organization: Organization,
    make_key: MakeKey,
) -> None:
    forward("call-1")
    _, key = make_key(other_organization)
    forward("call-1", Authorization=f"Bearer {key}")
    of_others = AgentWorker.objects.in_organization(other_organization)
    assert (AgentWorker.objects.count(), of_others.count()) == (2, 1)
