"""What the log forgets, when, and what it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from celery.schedules import crontab
from django.conf import settings as django_settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Organization
from integrations import tasks
from integrations.delivery_log import retention
from integrations.delivery_log.retention import Forgotten, forget
from integrations.models import Delivery, MinuteTally

pytestmark = pytest.mark.django_db(transaction=True)
OUTCOMES = ("accepted", "processed", "failed", "ignored", "rejected")
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def days(settings: Settings) -> None:
    settings.KEEP_BODIES_DAYS = 90
    settings.KEEP_REJECTED_DAYS = 14


def ago(**age: float) -> datetime:
    return timezone.now() - timedelta(**age)


def log(
    organization: Organization, outcome: str, received_at: datetime, **fields: Any
) -> Delivery:
    fields.setdefault("body", b"{}")
    return Delivery.objects.create(
        organization=organization,
        status=200,
        outcome=outcome,
        received_at=received_at,
        **fields,
    )


def columns() -> dict[int, dict[str, Any]]:
    return {row["sequence"]: dict(row) for row in Delivery.objects.values()}


@pytest.mark.parametrize("outcome", ["processed", "failed", "ignored"])
def test_a_body_goes_after_its_days_and_nothing_else_does(
    organization: Organization, outcome: str
) -> None:
    young = log(organization, outcome, ago(days=90) + MINUTE)
    old = log(organization, outcome, ago(days=90) - MINUTE, size=2, reason="r")
    before = columns()

    assert forget().bodies == 1

    before[old.sequence]["body"] = None
    assert columns() == before
    assert before[young.sequence]["body"] is not None


def test_a_refusal_goes_after_its_days(organization: Organization) -> None:
    young = log(organization, "rejected", ago(days=14) + MINUTE)
    log(organization, "rejected", ago(days=14) - MINUTE)
    log(organization, "rejected", ago(days=14) - MINUTE, body=None)

    assert forget().refusals == 2

    assert list(columns()) == [young.sequence]
    assert columns()[young.sequence]["body"] is not None


def test_what_waits_for_a_worker_is_never_touched(organization: Organization) -> None:
    log(organization, "accepted", ago(days=4000))
    log(organization, "accepted", ago(days=4000), attempts=3, last_error="x")
    before = columns()
    assert forget() == Forgotten(0, 0, 0)
    assert columns() == before


def test_no_days_keep_for_ever(organization: Organization, settings: Settings) -> None:
    settings.KEEP_BODIES_DAYS = settings.KEEP_REJECTED_DAYS = 0
    for outcome in OUTCOMES:
        log(organization, outcome, ago(days=4000))
    before = columns()
    assert forget() == Forgotten(0, 0, 0)
    assert columns() == before


@pytest.fixture
def known_as_small(organization: Organization) -> Iterator[None]:
    """Have Postgres know of one delivery. Then it likes to join where a subquery is, and
    would choose a batch again for each row.
    """
    log(organization, "rejected", ago(days=1))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE integrations_delivery")
        yield
        Delivery.objects.all().delete()
        cursor.execute("VACUUM ANALYZE integrations_delivery")


@pytest.mark.usefixtures("known_as_small")
def test_it_works_in_batches_that_commit_by_themselves(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(5):
        log(organization, "processed", ago(days=91))
        log(organization, "rejected", ago(days=15))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert forget() == Forgotten(bodies=5, refusals=5, tallies=0)
    statements = [query["sql"] for query in queries]
    assert sum("SET body = NULL" in sql for sql in statements) == 3
    assert sum("DELETE FROM integrations_delivery" in sql for sql in statements) == 3
    assert not any(sql.startswith("BEGIN") for sql in statements[1:])


def test_a_second_run_finds_nothing(organization: Organization) -> None:
    for outcome in OUTCOMES:
        log(organization, outcome, ago(days=91))
    assert forget() == Forgotten(bodies=3, refusals=1, tallies=0)
    before = columns()
    assert forget() == Forgotten(0, 0, 0)
    assert columns() == before


def test_two_at_once_share_the_work(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    for _ in range(40):
        log(organization, "processed", ago(days=91))
        log(organization, "rejected", ago(days=15))

    def work(_: int) -> Forgotten:
        try:
            return forget()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(work, range(2))
    last = forget()
    assert first.bodies + second.bodies + last.bodies == 40
    assert first.refusals + second.refusals + last.refusals == 40
    assert not Delivery.objects.filter(body__isnull=False).exists()


def test_it_passes_over_what_somebody_holds(organization: Organization) -> None:
    held = log(organization, "processed", ago(days=91))
    log(organization, "processed", ago(days=91))

    def work() -> int:
        try:
            return forget().bodies
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Delivery.objects.select_for_update().get(pk=held.pk)
        assert pool.submit(work).result(timeout=20) == 1
    assert forget().bodies == 1


def test_counts_of_minutes_go_after_a_day(db: None) -> None:
    for age in (timedelta(days=1) - MINUTE, timedelta(days=1) + MINUTE):
        MinuteTally.objects.create(
            scope="posted x", minute=timezone.now() - age, count=1
        )
    assert forget().tallies == 1
    assert MinuteTally.objects.get().minute > ago(days=1)


def test_sessions_that_are_over_go(db: None) -> None:
    for seconds in (-60, 60):
        session = SessionStore()
        session.set_expiry(seconds)
        session.save()
    forget()
    assert Session.objects.get().expire_date > timezone.now()


def test_an_index_serves_each_statement(organization: Organization) -> None:
    Delivery.objects.bulk_create(
        Delivery(
            organization=organization,
            status=200,
            outcome="rejected" if number % 10 == 0 else "processed",
            received_at=ago(days=number / 50),
            body=b"{}",
        )
        for number in range(5000)
    )
    MinuteTally.objects.bulk_create(
        MinuteTally(scope="x", minute=ago(minutes=number)) for number in range(5000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE integrations_delivery, integrations_minutetally")
        for statement, index in (
            (retention._EMPTY_BODIES, "delivery_body_age"),
            (retention._DELETE_REFUSALS, "delivery_refusal_age"),
            (retention._DELETE_TALLIES, "tally_age"),
        ):
            cursor.execute(
                f"EXPLAIN {statement}", {"age": 98 * 86400.0, "limit": retention.BATCH}
            )
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert f"using {index}" in plan


def test_the_clock_starts_it_and_the_task_runs_it(organization: Organization) -> None:
    entry = django_settings.CELERY_BEAT_SCHEDULE["forget"]
    assert entry["task"] == tasks.forget.name
    assert entry["schedule"] == crontab(minute="17")
    log(organization, "rejected", ago(days=15))
    tasks.forget()
    assert not Delivery.objects.exists()
