"""`/healthz` and `/readyz`: what a probe is told."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from integrations.models import WorkerPulse
from integrations.operations import health, heartbeat
from integrations.processing import worker as processing_worker


@pytest.fixture(autouse=True)
def no_pulse_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "_written_at", float("-inf"))


def set_pulse(seconds_ago: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO integrations_workerpulse VALUES"
            " (true, statement_timestamp() - make_interval(secs => %s))",
            [seconds_ago],
        )


def missing(response: Any) -> list[str]:
    assert response.status_code == 503
    assert response["Content-Type"] == "application/problem+json"
    return [error["path"] for error in response.json()["errors"]]


def test_it_serves_without_asking_the_database() -> None:
    # Without the `db` fixture every query is an error.
    response = Client().get("/healthz")

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_it_takes_no_posts(path: str) -> None:
    response = Client(enforce_csrf_checks=True).post(path)

    assert response.status_code == 405
    assert response["Content-Type"] == "application/problem+json"
    assert response["Allow"] == "GET, HEAD"


def test_a_wrong_host_is_answered_with_a_problem() -> None:
    response = Client().get("/healthz", headers={"Host": "evil.example"})

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_it_is_ready_once_an_idle_worker_looked() -> None:
    assert missing(Client().get("/readyz")) == ["worker"]
    processing_worker.process_until_quiet()

    assert Client().get("/readyz").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("seconds_ago", [31, -60])
def test_it_is_not_ready_when_no_worker_was_seen_lately(seconds_ago: float) -> None:
    set_pulse(seconds_ago)

    response = Client().get("/readyz")

    assert missing(response) == ["worker"]
    assert "no worker was seen for 30 s" in response.json()["detail"]


@pytest.mark.django_db
def test_it_is_not_ready_while_a_migration_is_unapplied() -> None:
    set_pulse(0)
    assert Client().get("/readyz").status_code == 200
    MigrationRecorder(connection).record_unapplied("integrations", "0001_schema")

    response = Client().get("/readyz")

    assert missing(response) == ["migrations"]
    assert "1 migration is not applied" in response.json()["detail"]


@pytest.mark.django_db
def test_it_is_not_ready_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> None:
        raise OperationalError("away")

    monkeypatch.setattr(connection, "cursor", fail)
    assert missing(Client().get("/readyz")) == ["database"]


@pytest.mark.django_db(transaction=True)
def test_it_does_not_wait_for_a_database_that_is_stuck(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "STATEMENT_LASTS_MILLISECONDS", 200)
    locked, enough = threading.Event(), threading.Event()

    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN; LOCK TABLE integrations_workerpulse")
            locked.set()
            enough.wait(30)
            cursor.execute("ROLLBACK")
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert locked.wait(10)
        began = time.monotonic()
        assert missing(Client().get("/readyz")) == ["database"]
        assert time.monotonic() - began < 10
    finally:
        enough.set()
        holder.join()


@pytest.mark.django_db
def test_a_busy_worker_writes_its_pulse_every_few_seconds_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heartbeat.beat()
    WorkerPulse.objects.all().delete()
    heartbeat.beat()
    assert not WorkerPulse.objects.exists()

    monkeypatch.setattr(heartbeat, "WRITE_EVERY_SECONDS", 0)
    heartbeat.beat()
    assert WorkerPulse.objects.count() == 1
