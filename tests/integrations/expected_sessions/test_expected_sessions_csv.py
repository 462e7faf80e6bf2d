"""`/org/<slug>/agents/expected.csv`."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditAction, AuditEntry, Membership, User
from integrations.expected_sessions import csv_file
from tests.conversations.conftest import MakeAgent
from tests.conversations.exports.downloads import let_go, read_csv
from tests.integrations.expected_sessions.made import MakeSession
from web.long_answers import Kind, budget, take_slot

URL = "/org/acme/agents/expected.csv"


def rows_of(client: Client, query: str = "") -> list[dict[str, str]]:
    response: Any = client.get(f"{URL}{query}")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    rows: list[dict[str, str]] = read_csv(b"".join(response))
    return rows


def test_it_has_what_the_page_lists_however_much(
    bob_client: Client, make_session: MakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_file, "STEP", 2)
    for _ in range(5):
        make_session("missing")
    make_session("arrived")
    rows = rows_of(bob_client)
    assert [row["job_id"] for row in rows] == [f"AJ_{n:04}" for n in (5, 4, 3, 2, 1)]
    assert len(rows_of(bob_client, "?state=all")) == 6
    assert rows[0]["duration_seconds"] == "192.0"
    assert rows[0]["project"] == "production"
    assert not budget().under_way()


def test_no_spreadsheet_finds_a_formula_in_it(
    bob_client: Client, make_session: MakeSession, make_agent: MakeAgent
) -> None:
    formula = '=HYPERLINK("https://example.com")'
    make_session(
        "missing",
        agent=make_agent(name=formula),
        room_name=formula,
        agent_name=formula,
        job_error=formula,
        reason=formula,
        worker_id=formula,
        job_status="=1",
    )
    (row,) = rows_of(bob_client)
    assert not [name for name, cell in row.items() if cell.startswith("=")]
    assert row["room_name"] == f"'{formula}"


def test_it_is_in_the_audit_log_with_its_filters(
    bob_client: Client, bob: User, make_session: MakeSession, make_agent: MakeAgent
) -> None:
    agent = make_agent(name="Front desk")
    make_session("missing", agent=agent)
    rows_of(bob_client, f"?state=missing&agent={agent.id}")
    entry = AuditEntry.objects.get(action=AuditAction.DATA_EXPORTED)
    assert entry.by == bob
    assert entry.detail["filters"] == "State: Missing; Agent: Front desk"
    assert "expected sessions" in str(entry)


def test_a_head_notes_nothing(bob_client: Client, make_session: MakeSession) -> None:
    make_session("missing")
    assert bob_client.head(URL).status_code == 200
    assert not AuditEntry.objects.filter(action=AuditAction.DATA_EXPORTED).exists()


def test_it_waits_its_turn_behind_other_exports(
    bob_client: Client, make_session: MakeSession
) -> None:
    session = make_session("missing")
    slots = [take_slot(Kind.EXPORT, session.organization_id) for _ in range(2)]
    try:
        response = bob_client.get(URL)
    finally:
        for slot in slots:
            slot.release()
    assert response.status_code == 429
    assert response["Retry-After"] == "5"
    assert 'href="/org/acme/agents/expected"' in response.content.decode()


def test_a_reader_who_goes_frees_the_slot(
    bob_client: Client, make_session: MakeSession
) -> None:
    make_session("missing")
    response: Any = bob_client.get(URL)
    next(iter(response))
    assert budget().under_way()
    let_go(response)
    assert not budget().under_way()


def test_whoever_is_no_longer_a_member_reads_no_further(
    bob_client: Client, bob: User, make_session: MakeSession
) -> None:
    make_session("missing")
    response: Any = bob_client.get(URL)
    parts = iter(response)
    next(parts)
    Membership.objects.filter(user=bob).delete()
    (row,) = read_csv(b"\xef\xbb\xbfid,state,came_late\r\n" + b"".join(parts))
    assert row["id"] == "INCOMPLETE"
    assert "no longer a member" in row["came_late"]


def test_a_step_is_as_many_queries_for_many_as_for_few(
    bob_client: Client, make_session: MakeSession, make_agent: MakeAgent
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            rows_of(bob_client)
        return len(queries)

    make_session("missing", agent=make_agent())
    asked()
    few = asked()
    for _ in range(30):
        make_session("missing", agent=make_agent())
    assert asked() == few
