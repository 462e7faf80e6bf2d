"""An installation of the time before each app's migrations became one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import User
from conversations.models import Conversation
from integrations.models import Delivery
from integrations.processing import worker as processing_worker
from integrations.processing.replay import replay_delivery
from tests.migrations.databases import (
    KEY,
    another_database,
    load_installation,
    structure,
)

APPS = ("accounts", "alerts", "conversations", "integrations")


@pytest.fixture(scope="module")
def present_structure(django_db_blocker: DjangoDbBlocker) -> dict[str, list[str]]:
    """What a new installation has."""
    with django_db_blocker.unblock(), another_database():
        call_command("migrate", verbosity=0)
        return structure()


@pytest.fixture(scope="module")
def upgraded(
    present_structure: dict[str, list[str]], django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The old installation, migrated; its connection is Django's for this file."""
    with django_db_blocker.unblock(), another_database():
        load_installation()
        call_command("migrate", verbosity=0)
        yield


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.processing.replay.wake_worker", lambda: None)


@pytest.fixture
def alice(upgraded: None) -> Client:
    client = Client()
    client.force_login(User.objects.get(email="alice@example.org"))
    return client


def ask(path: str) -> Any:
    cache.clear()
    response = Client().get(path, headers={"Authorization": f"Bearer {KEY}"})
    assert response.status_code == 200, response.content
    return response.json()


def work() -> None:
    while processing_worker.process_batch():
        pass


def rows() -> list[dict[str, Any]]:
    """All conversations with their transcripts, without when they were written."""
    transcript = ("transcript__turns", "transcript__system_prompt")
    names = {field.attname for field in Conversation._meta.concrete_fields}
    names -= {"updated_at", "applied_through"}
    return list(Conversation.objects.order_by("id").values(*sorted(names), *transcript))


def test_nothing_is_left_to_migrate(upgraded: None) -> None:
    executor = MigrationExecutor(connection)

    assert not executor.migration_plan(executor.loader.graph.leaf_nodes())
    applied = MigrationRecorder(connection).applied_migrations()
    assert {(app, "0001_schema") for app in APPS} <= set(applied)


def test_it_has_the_tables_of_a_new_installation(
    upgraded: None, present_structure: dict[str, list[str]]
) -> None:
    for kind, rows in structure().items():
        assert set(rows) ^ set(present_structure[kind]) == set(), kind


def test_each_kind_of_thing_is_compared(
    present_structure: dict[str, list[str]],
) -> None:
    text = {kind: "\n".join(rows) for kind, rows in present_structure.items()}

    assert "accounts_cache" in text["columns"]
    assert "USING gin" in text["indexes"]
    assert "delivery_waiting" in text["indexes"]
    assert "delivery_waiting" not in text["constraints"]
    assert "saved_view_bounded" in text["constraints"]
    assert "auditentry_is_not_deleted" in text["triggers"]
    assert "conversations_note_change" in text["functions"]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("conversations", "call-rec"),
        ("conversations?q=order", "call-1"),
        ("agents", "order-desk"),
        ("deliveries", "call-refused"),
        ("settings/audit", "Acme"),
        ("settings/members", "bob@example.org"),
        ("settings/integrations/api", "livekit-prod-worker"),
    ],
)
def test_its_pages_show_what_it_had(alice: Client, path: str, shown: str) -> None:
    response = alice.get(f"/org/acme/{path}")

    assert response.status_code == 200
    assert shown in response.content.decode()


def test_its_key_reads_each_conversation(upgraded: None) -> None:
    listed = ask("/v1/conversations?limit=50")["data"]

    assert len(listed) >= 11
    for one in listed:
        read = ask(f"/v1/conversations/{one['id']}")
        assert read["referenceId"] == one["referenceId"]


def test_its_log_can_be_read(upgraded: None) -> None:
    listed = ask("/v1/deliveries?limit=50")["data"]

    assert {"processed", "failed", "rejected"} <= {one["outcome"] for one in listed}


def test_what_waited_for_a_worker_is_processed(upgraded: None) -> None:
    work()

    assert Conversation.objects.filter(external_id="call-waiting").exists()
    assert not Delivery.objects.waiting().exists()


@pytest.mark.parametrize("external_id", ["call-refused", "call-refused-2"])
def test_what_was_a_replay_still_names_what_it_stands_for(
    upgraded: None, alice: Client, external_id: str
) -> None:
    log = Delivery.objects.filter(external_id=external_id)
    new = log.exclude(outcome="rejected").get()
    old = Delivery.objects.get(uuid=new.replay_of)

    assert (old.external_id, old.outcome) == (external_id, "rejected")
    page = alice.get(f"/org/acme/deliveries/{new.uuid}").content.decode()
    assert f"/org/acme/deliveries/{old.uuid}" in page
    told = ask(f"/v1/deliveries/{new.uuid}")
    assert told["reason"].startswith(f"Replay of {old.uuid}.")


def test_nothing_else_became_a_replay(upgraded: None) -> None:
    assert Delivery.objects.filter(replay_of__isnull=False).count() == 2


def test_what_failed_can_be_replayed(upgraded: None) -> None:
    failed = Delivery.objects.get(external_id="call-fails", outcome="failed")

    replay_delivery(delivery=failed, by=None)
    work()

    failed.refresh_from_db()
    assert failed.outcome == "processed"


def test_its_conversations_are_rebuilt_to_what_they_were(upgraded: None) -> None:
    work()
    before = rows()

    call_command("rebuild", verbosity=0)

    assert rows() == before
