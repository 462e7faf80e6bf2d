"""The download: which rows, in which words, and that it lets go."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from conversations.exports import rows
from conversations.exports.request import read_export_request
from conversations.exports.stream import Download, Outcome
from conversations.models import Recording
from tests.conversations.conftest import NOON
from tests.conversations.exports.downloads import URL, let_go, read_csv, read_lines
from web.long_answers import MOST, Kind, budget

AT_ONCE = MOST[Kind.EXPORT][1]  # of one organization


def test_json_lines_are_what_the_api_answers(
    export, make_conversation, client, organization, make_key
):
    full = make_conversation(
        turns=[{"role": "user", "content": "“Hi”\n\u2028 there"}, {"n": 1.5e300}],
        system_prompt="You answer\nthe phone.",
        customer_name="Ada",
        started_at=NOON + timedelta(microseconds=120),
        duration_seconds=192.4,
        cost=Decimal("0.0423"),
        metadata={"a": [1, {"b": None}]},
        recording_url="https://recordings.example.com/a.ogg",
    )
    silent = make_conversation(turns=[])
    bare = make_conversation()
    heard = make_conversation(has_audio=True)
    Recording.objects.create(
        conversation=heard, file="kept.ogg", state="failed", last_error="It is gone."
    )
    Recording.objects.create(conversation=full, source_url=full.recording_url)
    _, key = make_key(organization)
    headers = {"Authorization": f"Bearer {key}"}
    expected = []
    for row in (heard, bare, silent, full):
        url = f"/v1/conversations/{row.id}"
        answer = client.get(url, headers=headers).json()
        transcript = client.get(f"{url}/transcript", headers=headers).json()
        expected.append((answer, transcript))
    assert read_lines(export(format="jsonl")) == [answer for answer, _ in expected]
    assert read_lines(export(format="transcripts")) == [
        {**answer, "transcript": transcript} for answer, transcript in expected
    ]


def test_it_walks_all_rows_once_and_in_order(export, make_conversation, monkeypatch):
    monkeypatch.setattr(rows, "STEP", 3)
    made = [make_conversation(external_id=f"RM_{n}") for n in range(7)]
    # Several of one moment, over the end of a step.
    for row in made[2:6]:
        row.created_at = NOON
        row.save()
    found = [row["referenceId"] for row in read_lines(export(format="jsonl"))]
    assert sorted(found) == [f"RM_{n}" for n in range(7)]
    assert found[:3] == ["RM_6", "RM_1", "RM_0"]


@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_step_that_ends_with_the_last_row_ends_the_file(
    export, make_conversation, monkeypatch, count
):
    monkeypatch.setattr(rows, "STEP", 3)
    for _ in range(count):
        make_conversation()
    assert len(read_csv(export())) == count


def test_it_exports_what_the_filters_leave(
    export, make_conversation, make_agent, make_findable
):
    make_conversation(external_id="a", version="v1", metadata={"k": "x"})
    make_conversation(external_id="b", version="v2", metadata={"k": "x"})
    make_conversation(external_id="c", version="v1", agent=make_agent(name="Other"))
    make_findable()
    found = read_csv(export(version="v1", **{"metadata.k": "x"}))
    assert [row["reference"] for row in found] == ["a"]


def test_the_reference_itself_is_first_and_only_once(
    export, make_conversation, make_findable
):
    make_conversation(external_id="RM_1")
    make_conversation(external_id="RM_1-again")
    make_findable()
    found = read_csv(export(reference="RM_1"))
    assert [row["reference"] for row in found] == ["RM_1", "RM_1-again"]


def test_it_exports_the_rows_that_were_chosen(export, make_conversation):
    made = [make_conversation(external_id=f"RM_{n}") for n in range(4)]
    chosen = [made[0].id, made[2].id, "nonsense", made[0].id]
    found = read_csv(export(only="chosen", id=chosen, version="any"))
    assert [row["reference"] for row in found] == ["RM_2", "RM_0"]


def test_all_that_match_wins_over_ticks(export, make_conversation):
    made = [make_conversation() for _ in range(3)]
    assert len(read_csv(export(only="chosen", id=made[0].id, all="1"))) == 3


@pytest.mark.parametrize("ids", [[], ["x"], [f"{n:032x}" for n in range(501)]])
def test_no_row_or_too_many_is_told_and_nothing_is_exported(
    bob_client, make_conversation, ids
):
    make_conversation()
    response = bob_client.get(URL, {"only": "chosen", "id": ids}, follow=True)
    assert "selected" in response.content.decode()
    assert not AuditEntry.objects.exists()


def test_another_organizations_rows_cannot_be_chosen(
    export, make_conversation, make_agent, other_organization
):
    theirs = make_conversation(agent=make_agent(organization=other_organization))
    make_conversation()
    assert read_csv(export(only="chosen", id=theirs.id)) == []
    assert len(read_csv(export())) == 1


def test_it_refuses_an_outsider(charlie_client, make_conversation):
    make_conversation()
    assert charlie_client.get(URL).status_code == 404


def test_it_sends_the_signed_out_to_the_login(client, organization):
    assert client.get(URL)["Location"].startswith("/login")


def test_it_comes_as_a_file_that_nobody_keeps(bob_client, make_conversation):
    response = bob_client.get(URL)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith(
        'attachment; filename="conversations-acme-'
    )
    assert "no-store" in response["Cache-Control"]
    let_go(response)


def test_it_is_in_the_audit_log(
    export, alice_client, make_conversation, make_findable, bob
):
    made = make_conversation(version="v1")
    make_conversation()
    make_findable()
    export(version="v1")
    export(only="chosen", id=made.id, format="transcripts")
    export(format="jsonl")
    everything, chosen, filtered = AuditEntry.objects.order_by("-id")
    assert filtered.by == bob
    assert filtered.detail["rows"] == 1
    page = alice_client.get("/org/acme/settings/audit").content.decode()
    words = " ".join(page.replace("<", " <").split())
    for said in ("1 conversation", "Version: v1", "row by row", "2 conversations"):
        assert said in words
    assert (chosen.detail["rows"], everything.detail["rows"]) == (1, 2)


def test_a_hundred_times_the_rows_take_few_more_queries(
    export, make_conversation, make_agent, monkeypatch
):
    def queries(**parameters):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            export(**parameters)
        return len(seen)

    make_conversation(turns=[])
    formats = ("csv", "jsonl", "transcripts")
    export()  # the first of a session is noted in it
    before = [queries(format=one) for one in formats]
    for number in range(100):
        make_conversation(turns=[], agent=make_agent(name=f"Agent {number}"))
    after = [queries(format=one) for one in formats]
    # Transcripts come twenty at a time.
    assert [b - a for a, b in zip(before, after, strict=True)] == [0, 0, 5]


def test_only_so_many_run_at_once(bob_client, make_conversation):
    make_conversation()
    running = [bob_client.get(URL) for _ in range(AT_ONCE)]
    refused = bob_client.get(URL)
    assert refused.status_code == 429
    assert refused["Retry-After"]
    assert "Try again in a moment" in refused.content.decode()
    assert AuditEntry.objects.count() == AT_ONCE
    # One is read to its end, the others are left unread: both make room.
    assert b"".join(running[0].streaming_content)
    for response in running:
        let_go(response)
    again = [bob_client.get(URL) for _ in range(AT_ONCE)]
    assert [response.status_code for response in again] == [200] * AT_ONCE
    for response in again:
        let_go(response)


@pytest.fixture
def breaks_after_two(make_conversation, monkeypatch):
    """Four conversations; reading on after two of them fails."""
    monkeypatch.setattr(rows, "STEP", 2)
    for _ in range(4):
        make_conversation(turns=[])
    asked = []
    with_agents = rows._with_agents

    def breaks(found):
        asked.append(found)
        if len(asked) == 2:
            raise RuntimeError("the database went away")
        return with_agents(found)

    monkeypatch.setattr(rows, "_with_agents", breaks)


@pytest.mark.parametrize("name", ["jsonl", "transcripts"])
def test_lines_that_break_off_end_with_an_object_that_is_no_conversation(
    export, breaks_after_two, name
):
    *whole, last = read_lines(export(format=name))
    assert len(whole) == 2
    assert not any("incomplete" in row for row in whole)
    assert (last["incomplete"], last["rows"]) == (True, 2)
    assert "broke off after 2 rows" in last["error"]
    assert not budget().under_way()


def test_a_csv_that_breaks_off_ends_with_an_id_that_is_none(export, breaks_after_two):
    *whole, last = csv.reader(io.StringIO(export().decode("utf-8-sig"), newline=""))
    assert len(whole) == 3
    assert last[:2] == ["INCOMPLETE", "2"]
    assert "broke off after 2 rows" in last[2]
    assert not budget().under_way()


def outcome_of(organization, bob, *, read):
    """How an export of CSV ended that was read to its end, or closed before."""
    wanted = read_export_request(QueryDict("format=csv"))
    download = Download(
        organization=organization, wanted=wanted, by=bob, why_lost=lambda: ""
    )
    assert download.outcome is None
    next(download)
    if read:
        list(download)
    download.close()
    return download.outcome


def test_how_it_ended_is_a_word_of_its_own(organization, bob, make_conversation):
    make_conversation()
    assert outcome_of(organization, bob, read=True) is Outcome.WHOLE
    assert outcome_of(organization, bob, read=False) is Outcome.STOPPED


def test_that_it_broke_is_such_a_word(organization, bob, breaks_after_two):
    assert outcome_of(organization, bob, read=True) is Outcome.BROKEN


def test_another_kind_and_another_organization_have_room_beside_them(
    bob_client, charlie_client, make_conversation, organization
):
    """Charlie's organization exports while Acme has all that it may."""
    make_conversation()
    running = [bob_client.get(URL) for _ in range(AT_ONCE)]
    assert bob_client.get(URL).status_code == 429
    theirs = charlie_client.get("/org/globex/conversations/export/file")
    assert theirs.status_code == 200
    for response in (*running, theirs):
        let_go(response)
