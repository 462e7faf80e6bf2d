"""What the audit log costs and takes, however long it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts import audit, audit_bounds
from accounts.models import AuditAction, AuditEntry, Organization, User

OPENED = AuditAction.RECORDING_OPENED


@pytest.fixture
def trimmed_at_once(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(audit_bounds, "TRIM_EVERY", 1)
    settings.KEEP_AUDIT_BYTES = 10_000


def opened_once(organization: Organization, by: User, subject: str = "call-1") -> None:
    audit.record_opening(
        organization=organization, by=by, action=OPENED, subject=subject
    )


def noted(
    organization: Organization, by: User, action: AuditAction, times: int
) -> None:
    for number in range(times):
        with transaction.atomic():
            audit.record(
                organization=organization,
                by=by,
                action=action,
                subject=f"{action} {number}",
                detail={"text": "x" * 200},
            )


def rows_thrown_away(plan: Any) -> int:
    """Return how many rows the nodes of a plan read for nothing."""
    if isinstance(plan, list):
        return sum(map(rows_thrown_away, plan))
    if not isinstance(plan, dict):
        return 0
    own = plan.get("Rows Removed by Filter", 0)
    return int(own) + rows_thrown_away(list(plan.values()))


def test_another_piece_reads_nothing_of_what_else_was_opened(
    organization: Organization, alice: User
) -> None:
    AuditEntry.objects.bulk_create(
        AuditEntry(
            organization=organization, by=alice, action=OPENED, subject=f"call {number}"
        )
        for number in range(5_000)
    )
    opened_once(organization, alice)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_auditentry")
    with CaptureQueriesContext(connection) as queries:
        opened_once(organization, alice)
    (query,) = queries.captured_queries
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query['sql']}")
        (plan,) = cursor.fetchone()
    plan = json.loads(plan) if isinstance(plan, str) else plan
    assert rows_thrown_away(plan) == 0, json.dumps(plan, indent=1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("trimmed_at_once")
def test_the_oldest_entries_of_a_kind_go_first(
    organization: Organization, alice: User
) -> None:
    noted(organization, alice, OPENED, 40)
    left = AuditEntry.objects.order_by("id").values_list("subject", flat=True)
    assert 10 < len(left) < 30
    assert list(left) == [f"{OPENED} {n}" for n in range(40 - len(left), 40)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("trimmed_at_once")
def test_nothing_pushes_out_entries_of_another_kind_or_organization(
    organization: Organization, other_organization: Organization, alice: User
) -> None:
    noted(other_organization, alice, OPENED, 5)
    noted(organization, alice, AuditAction.KEY_CREATED, 5)
    noted(organization, alice, OPENED, 40)
    of_kind = AuditEntry.objects.filter(action=AuditAction.KEY_CREATED)
    assert of_kind.count() == 5
    assert AuditEntry.objects.in_organization(other_organization).count() == 5


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("trimmed_at_once")
def test_a_change_that_did_not_happen_pushes_nothing_out(
    organization: Organization, alice: User
) -> None:
    noted(organization, alice, OPENED, 20)
    before = list(AuditEntry.objects.values_list("id", flat=True))
    with pytest.raises(RuntimeError), transaction.atomic():
        audit.record(organization=organization, by=alice, action=OPENED, subject="x")
        raise RuntimeError
    assert list(AuditEntry.objects.values_list("id", flat=True)) == before


@pytest.mark.django_db(transaction=True)
def test_without_a_bound_all_stays(
    organization: Organization,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    monkeypatch.setattr(audit_bounds, "TRIM_EVERY", 1)
    settings.KEEP_AUDIT_BYTES = 0
    noted(organization, alice, OPENED, 40)
    assert AuditEntry.objects.count() == 40


@pytest.mark.django_db(transaction=True)
def test_trimming_lets_nobody_else_delete_an_entry(
    organization: Organization, alice: User
) -> None:
    noted(organization, alice, OPENED, 3)
    audit_bounds.trim(organization.pk, OPENED)
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.all().delete()
    assert AuditEntry.objects.count() == 3
