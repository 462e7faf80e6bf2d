"""`/metrics`: what Prometheus reads, and who may."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, OperationalError, connection
from django.test import Client, override_settings
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import Organization
from conversations.models import Agent, Conversation, Recording, SearchJob, UnusedFile
from integrations.delivery_log import jobs
from integrations.models import Delivery, RunningTotal
from integrations.operations import counters, heartbeat, metrics
from tests.integrations.conftest import Post, session
from web.hosts.same_machine import FORWARDING_HEADERS

Samples = dict[tuple[str, tuple[str, ...]], float]
Process = Callable[[], None]
TOKEN = "a-token-of-the-operator"


@pytest.fixture(autouse=True)
def nothing_counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What other tests counted stays out, and what these count."""
    counters._counted.clear()
    monkeypatch.setattr(heartbeat, "_written_at", float("-inf"))
    yield
    counters._counted.clear()


def scrape() -> Samples:
    """By name and values of labels."""
    counters.write()
    response = Client().get("/metrics", headers={"Host": "localhost"})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


@pytest.mark.django_db
def test_it_counts_posts_by_status(post: Post) -> None:
    for number in range(3):
        post(session(f"call-{number}"))
    post(b"{")
    post({})
    Client().get("/webhooks/calls")

    samples = scrape()

    assert samples["zelto_posts_total", ("200",)] == 3
    assert samples["zelto_posts_total", ("400",)] == 1
    assert samples["zelto_posts_total", ("422",)] == 1
    assert samples["zelto_posts_total", ("405",)] == 1


@pytest.mark.django_db
def test_it_counts_a_post_that_made_the_view_fail(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("integrations.providers.read", fail)
    assert post(session()).status_code == 500
    assert scrape()["zelto_posts_total", ("500",)] == 1


@pytest.mark.django_db
def test_the_totals_of_several_processes_add_up() -> None:
    for _ in range(2):
        counters.add("posts 200", 5)
        counters.write()

    assert scrape()["zelto_posts_total", ("200",)] == 10


@pytest.mark.django_db
def test_a_count_that_could_not_be_written_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> None:
        raise OperationalError("away")

    counters.add("posts 200", 5)
    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", fail)
        with pytest.raises(DatabaseError):
            counters.write()

    assert scrape()["zelto_posts_total", ("200",)] == 5


@pytest.mark.django_db(transaction=True)
def test_a_web_process_writes_its_counts_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same thread, ended after its first round."""
    waits: list[float] = []

    class Over(Exception):
        pass

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            raise Over

    monkeypatch.setattr("integrations.operations.counters.time.sleep", wait)
    counters.add("posts 200", 5)

    def write_until_over() -> None:
        with pytest.raises(Over):
            counters._write_forever()

    writer = threading.Thread(target=write_until_over)
    writer.start()
    writer.join(30)

    assert RunningTotal.objects.get(name="posts 200").value == 5


def test_counting_costs_a_post_less_than_twenty_microseconds() -> None:
    answer: Any = type("Answer", (), {"status_code": 200})
    counted = counters.count_answers(lambda request: answer)
    rounds = 2000
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(rounds):
            counted(answer)
        best = min(best, (time.perf_counter() - began) / rounds)
    assert best < 20e-6


@pytest.mark.django_db(transaction=True)
def test_it_tells_how_long_processing_took(post: Post, process: Process) -> None:
    post(session("quick"))
    post(session("slow"))
    Delivery.objects.filter(external_id="slow").update(
        received_at=timezone.now() - timedelta(seconds=20)
    )
    process()

    samples = scrape()

    assert samples["zelto_deliveries_total", ("processed",)] == 2
    assert samples["zelto_processing_seconds_bucket", ("10.0",)] == 1
    assert samples["zelto_processing_seconds_bucket", ("30.0",)] == 2
    assert samples["zelto_processing_seconds_bucket", ("+Inf",)] == 2
    assert samples["zelto_processing_seconds_count", ()] == 2
    assert 20 <= samples["zelto_processing_seconds_sum", ()] < 60


@pytest.mark.django_db(transaction=True)
def test_it_counts_what_was_given_up(
    post: Post, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MAX_ATTEMPTS", 1)
    post(session())
    Delivery.objects.update(body=b"no longer JSON")
    process()

    samples = scrape()

    assert samples["zelto_deliveries_total", ("failed",)] == 1
    assert samples["zelto_deliveries_total", ("processed",)] == 0


@pytest.mark.django_db
def test_it_tells_what_waits_and_for_how_long(organization: Organization) -> None:
    now = timezone.now()
    for seconds, job in (
        (90, {"attempts": 1, "lease_until": now + timedelta(minutes=1)}),
        (60, {"attempts": 2}),
        (5, {}),
        (4, {}),
    ):
        Delivery.objects.create(
            organization=organization,
            status=200,
            outcome="accepted",
            received_at=now - timedelta(seconds=seconds),
            **job,
        )
    Delivery.objects.create(organization=organization, status=200, outcome="processed")

    samples = scrape()

    assert samples["zelto_queue_deliveries", ("new",)] == 2
    assert samples["zelto_queue_deliveries", ("held",)] == 1
    assert samples["zelto_queue_deliveries", ("retrying",)] == 1
    assert 90 <= samples["zelto_queue_oldest_seconds", ()] < 120


@pytest.mark.django_db
def test_it_counts_no_further_than_it_must(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "MAX_COUNTED", 2)
    for _ in range(3):
        Delivery.objects.create(
            organization=organization, status=200, outcome="accepted"
        )
    assert scrape()["zelto_queue_deliveries", ("new",)] == 2


@pytest.mark.django_db
def test_an_empty_installation_has_every_series() -> None:
    samples = scrape()

    assert samples["zelto_queue_oldest_seconds", ()] == 0
    assert samples["zelto_worker_seen_timestamp_seconds", ()] == 0
    assert samples["zelto_processing_seconds_count", ()] == 0


@pytest.mark.django_db
def test_it_tells_when_a_worker_was_seen() -> None:
    heartbeat.beat()
    seen = scrape()["zelto_worker_seen_timestamp_seconds", ()]
    assert abs(seen - time.time()) < 60


@pytest.mark.django_db
def test_a_database_that_is_away_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OperationalError("away")

    monkeypatch.setattr(connection, "cursor", fail)
    response = Client().get("/metrics", headers={"Host": "localhost"})
    assert response.status_code == 503
    assert response.json()["detail"] == "The database does not answer."


def ask(peer: str = "127.0.0.1", host: str = "localhost", **headers: str) -> Any:
    client = Client(REMOTE_ADDR=peer)
    return client.get("/metrics", headers={"Host": host, **headers})


@pytest.mark.django_db
@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.0.1", "::1"])
@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_a_program_of_this_machine_may_read(peer: str, host: str) -> None:
    assert ask(peer, host).status_code == 200


@pytest.mark.parametrize("peer", ["10.0.0.7", "192.168.1.1", "2001:db8::1", "", "x"])
def test_nobody_else_may_read_without_a_token(peer: str) -> None:
    response = ask(peer)
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("header", FORWARDING_HEADERS)
def test_a_proxy_of_this_machine_may_not_read_for_others(header: str) -> None:
    assert ask(**{header: "x"}).status_code == 404


def test_the_name_that_the_world_uses_is_not_this_machine() -> None:
    with override_settings(ALLOWED_HOSTS=["zelto.example.com"]):
        assert ask(host="zelto.example.com").status_code == 404


@pytest.mark.django_db
def test_whoever_has_the_token_may_read_from_anywhere() -> None:
    with override_settings(METRICS_TOKEN=TOKEN):
        assert ask("10.0.0.7", Authorization=f"Bearer {TOKEN}").status_code == 200


@pytest.mark.parametrize(
    "sent", [None, "Bearer ", f"Bearer {TOKEN}x", "Bearer ü", TOKEN]
)
def test_with_a_token_set_nothing_else_opens(sent: str | None) -> None:
    headers = {} if sent is None else {"Authorization": sent}
    with override_settings(METRICS_TOKEN=TOKEN):
        response = ask(**headers)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.django_db
def test_it_tells_how_many_recordings_are_to_be_fetched(
    organization: Organization,
) -> None:
    agent = Agent.objects.create(organization=organization, external_id="a")
    states = [("waiting", 0), ("waiting", 2), ("waiting", 0), ("running", 1)]
    for number, (state, attempts) in enumerate([*states, ("done", 1), ("failed", 5)]):
        conversation = Conversation.objects.create(
            organization=organization, agent=agent, external_id=f"call-{number}"
        )
        Recording.objects.create(
            conversation=conversation, state=state, attempts=attempts
        )

    samples = scrape()

    assert samples["zelto_recordings", ("waiting",)] == 2
    assert samples["zelto_recordings", ("retrying",)] == 1
    assert samples["zelto_recordings", ("fetching",)] == 1


@pytest.mark.django_db
def test_it_tells_how_long_a_file_is_to_be_deleted() -> None:
    name = "zelto_files_to_delete_oldest_seconds"
    assert scrape()[name, ()] == 0
    note_unused(hours=5, due_in_hours=1)
    assert scrape()[name, ()] == 0  # it is being written
    note_unused(hours=1, due_in_hours=-1)
    assert scrape()[name, ()] == pytest.approx(3600, abs=60)
    note_unused(hours=2, due_in_hours=1, is_being_deleted=True)
    assert scrape()[name, ()] == pytest.approx(7200, abs=60)


def note_unused(*, hours: int, due_in_hours: int, **fields: bool) -> None:
    """Note a file as unused, as if so many hours ago."""
    now = timezone.now()
    made = int((now.timestamp() - hours * 3600) * 1000)
    UnusedFile.objects.create(
        id=UUID(int=made << 80 | 7 << 76 | 2 << 62),
        name=f"{hours}.ogg",
        delete_after=now + timedelta(hours=due_in_hours),
        **fields,
    )


@pytest.mark.django_db
def test_it_tells_what_cannot_be_indexed(organization: Organization) -> None:
    for attempts in (0, 0, 0, 1, SearchJob.TRIES - 1, SearchJob.TRIES):
        SearchJob.objects.create(
            conversation_id=uuid4(),
            organization_id=organization.pk,
            attempts=attempts,
        )

    samples = scrape()

    assert samples["zelto_index_jobs", ("waiting",)] == 3
    assert samples["zelto_index_jobs", ("retrying",)] == 2
    assert samples["zelto_index_jobs", ("failed",)] == 1
