"""A worker's task lets go: when its turn is over, and when its process is to end."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organization
from alerts.models import Progress
from conversations import worker_stop
from conversations.models import Conversation, SearchJob
from conversations.recordings import fetch_worker
from conversations.transcription import worker as transcription_worker
from conversations.transcription.engine import engine
from integrations import tasks
from integrations.delivery_log import claims, jobs
from integrations.delivery_log.retention import forget
from integrations.models import Delivery, MinuteTally
from integrations.processing import worker as processing_worker
from tests.integrations.conftest import session
from zelto.celery import app

pytestmark = pytest.mark.django_db(transaction=True)

# What each does once its process is to end; another task needs a line here.
LETS_GO = {
    "integrations.tasks.process_deliveries": "claims nothing more, puts back the rest",
    "integrations.tasks.process_livekit_events": "claims no further batch",
    "integrations.tasks.forget": "deletes no further batch",
    "integrations.tasks.send_waiting_mails": "claims no further mail",
    "alerts.tasks.judge": "takes no further look",
    "alerts.tasks.judge_from_media": "takes no further look",
    "alerts.tasks.tell_of_conversations": "makes no further batch",
    "alerts.tasks.tell_of_weeks": "summarizes no further organization",
    "alerts.tasks.send_messages": "claims no further message",
    "alerts.tasks.forget_messages": "deletes no further batch",
    "conversations.tasks.fetch_recordings": "puts its recording back",
    "conversations.tasks.transcribe": "puts its job back",
    "conversations.tasks.delete_unused_files": "deletes no further file",
    "conversations.tasks.move_merged_conversations": "moves no further batch",
    "conversations.tasks.give_positions_to_changes": "gives no further batch",
    "conversations.tasks.learn_arrivals": "counts and learns no further batch",
}


@pytest.fixture
def stop(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    event = threading.Event()
    monkeypatch.setattr(worker_stop, "requested", event)
    return event


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that asked to be run again."""
    names: list[str] = []
    monkeypatch.setattr(tasks._process_more, "wake", lambda: names.append("process"))
    monkeypatch.setattr(tasks._forget_more, "wake", lambda: names.append("forget"))
    return names


def deliveries(organization: Organization, count: int) -> None:
    for number in range(count):
        Delivery.objects.create(
            organization=organization,
            provider="zelto",
            external_id=f"call-{number}",
            status=200,
            outcome="accepted",
            size=100,
            body=json.dumps(session(f"call-{number}")).encode(),
        )


def waiting() -> Iterator[tuple[int, Any]]:
    rows = Delivery.objects.waiting().values_list("attempts", "lease_until")
    yield from rows


def old_tallies(count: int) -> None:
    minute = timezone.now() - timedelta(days=3)
    for number in range(count):
        MinuteTally.objects.create(scope=f"old {number}", minute=minute, count=1)


def test_a_turn_ends_after_so_many_batches_and_the_task_wakes_itself(
    organization: Organization, monkeypatch: pytest.MonkeyPatch, woken: list[str]
) -> None:
    deliveries(organization, 5)
    batch = processing_worker.process_batch
    monkeypatch.setattr(processing_worker, "process_batch", lambda: batch(1))
    monkeypatch.setattr(processing_worker, "BATCHES_A_TURN", 2)

    tasks.process_deliveries()

    assert len(list(waiting())) == 3
    assert woken == ["process"]


def test_a_turn_ends_after_so_long(
    organization: Organization, monkeypatch: pytest.MonkeyPatch, woken: list[str]
) -> None:
    deliveries(organization, 3)
    monkeypatch.setattr(processing_worker, "TURN_SECONDS", 0.0)
    tasks.process_deliveries()
    assert list(waiting()) == [(0, None)] * 3
    assert woken == ["process"]


def test_who_found_nothing_more_is_not_woken(
    organization: Organization, woken: list[str]
) -> None:
    deliveries(organization, 3)
    tasks.process_deliveries()
    assert not list(waiting())
    assert woken == []


def test_a_stop_puts_back_what_was_claimed_and_not_begun(
    organization: Organization,
    stop: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    woken: list[str],
) -> None:
    deliveries(organization, 4)
    monkeypatch.setattr(
        processing_worker, "CHUNK_BYTES", 1
    )  # each is a chunk of its own
    mark = jobs.mark_processed

    def mark_and_stop(*given: Any) -> list[float]:
        stop.set()
        return mark(*given)

    monkeypatch.setattr(jobs, "mark_processed", mark_and_stop)
    tasks.process_deliveries()

    assert Conversation.objects.count() == 1
    assert list(waiting()) == [(0, None)] * 3
    assert woken == []
    assert claims.claim_fresh(10)


def test_a_stop_is_seen_where_a_batch_goes_one_by_one(
    organization: Organization, stop: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliveries(organization, 4)
    store = processing_worker._store

    def fail_together(read: list[Any]) -> None:
        if len(read) > 1:
            raise ValueError("one of them does not fit")
        store(read)
        stop.set()

    monkeypatch.setattr(processing_worker, "_store", fail_together)
    processing_worker.process_until_quiet()
    assert Conversation.objects.count() == 1
    assert list(waiting()) == [(0, None)] * 3


def test_what_somebody_else_tries_by_now_is_not_put_back(
    organization: Organization,
) -> None:
    deliveries(organization, 1)
    claimed = claims.claim_fresh(1)
    Delivery.objects.update(attempts=2)
    claims.put_back(claimed)
    ((attempts, lease),) = waiting()
    assert attempts == 2
    assert lease


def test_retention_goes_on_in_another_turn(
    monkeypatch: pytest.MonkeyPatch, woken: list[str]
) -> None:
    old_tallies(3)
    assert forget(seconds=0).there_is_more
    assert MinuteTally.objects.count() == 3
    monkeypatch.setattr("integrations.delivery_log.retention.TURN_SECONDS", 0.0)
    monkeypatch.setattr(
        "integrations.tasks.retention.forget", lambda: forget(seconds=0)
    )
    tasks.forget()
    assert woken == ["forget"]
    assert not forget().there_is_more
    assert not MinuteTally.objects.exists()


def test_nothing_is_begun_once_the_process_is_to_end(
    organization: Organization, stop: threading.Event, woken: list[str]
) -> None:
    stop.set()
    deliveries(organization, 2)
    old_tallies(1)
    indexing = SearchJob.objects.count()
    app.loader.import_default_modules()
    for name in LETS_GO:
        app.tasks[name]()
    assert list(waiting()) == [(0, None)] * 2
    assert MinuteTally.objects.count() == 1
    assert SearchJob.objects.count() == indexing
    assert not Progress.objects.filter(name__startswith="judging").exists()
    assert woken == []


def test_recordings_and_transcriptions_have_turns_too(
    monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    assert not fetch_worker.fetch_until_none_is_due()
    monkeypatch.setattr(fetch_worker, "TURN_SECONDS", 0.0)
    assert fetch_worker.fetch_until_none_is_due()
    monkeypatch.setattr(transcription_worker, "TURN_SECONDS", 0.0)
    assert transcription_worker.transcribe_until_none_is_due() != bool(
        engine().missing()
    )


def test_every_task_is_decided_on() -> None:
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    assert ours == LETS_GO.keys()
