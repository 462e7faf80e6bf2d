"""The round: each look in its turn, once; and what is not judged."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organization
from alerts.issues.finding import Finding
from alerts.issues.life import reconcile
from alerts.judging import watch
from alerts.judging.listening import is_listening, note_web
from alerts.judging.looks import CAUSES
from alerts.judging.progress import claim
from alerts.judging.round import run_round, take_look
from alerts.models import Issue, IssueChange, IssueKind, Progress
from alerts.tasks import judge, judge_from_media
from conversations.models import Absence
from integrations.models import Delivery, WorkerPulse
from tests.alerts.causes.conftest import arrive, deliver, learn, make_agent

MINUTE = timedelta(minutes=1)
MAX_QUERIES_AT_REST = 24


@pytest.fixture
def now():
    return timezone.now()


def silent_agent(organization, now, name="Front desk"):
    agent = make_agent(organization, name)
    learn(agent)
    arrive(agent, now - 2 * 60 * MINUTE)
    return agent


def test_every_kind_is_looked_at_once():
    kinds = [kind for one in CAUSES for kind in one.kinds]
    assert sorted(kinds) == sorted(IssueKind)


def test_a_round_takes_each_look_in_its_turn(organization, now, monkeypatch):
    taken = []

    def note(cause, now):
        taken.append(cause.name)
        return take_look(cause, now)

    monkeypatch.setattr("alerts.judging.round.take_look", note)
    silent_agent(organization, now)
    assert [one.issue.kind for one in run_round(now)] == ["agent_silent"]
    assert taken == [one.name for one in CAUSES]
    times = dict(Progress.objects.values_list("name", "at"))
    run_round(now + MINUTE)
    later = dict(Progress.objects.values_list("name", "at"))
    moved = {name for name in later if later[name] != times.get(name)}
    assert "judging: silence" in moved
    assert "judging: expiring keys" not in moved


def test_a_turn_is_claimed_once_and_at_once_where_the_clock_was_set_back(db, now):
    assert claim("look", now, MINUTE)
    assert not claim("look", now + timedelta(seconds=59), MINUTE)
    assert claim("look", now + MINUTE, MINUTE)
    assert claim("look", now - MINUTE, MINUTE)


def test_a_round_that_finds_nothing_asks_little(organization, now):
    agent = make_agent(organization)
    learn(agent, look_at=now + 60 * MINUTE)
    arrive(agent, now - MINUTE)
    run_round(now)
    with CaptureQueriesContext(connection) as queries:
        assert run_round(now + MINUTE) == []
    asked = [one["sql"] for one in queries if "SAVEPOINT" not in one["sql"]]
    assert len(asked) <= MAX_QUERIES_AT_REST, asked


def test_a_look_that_fails_lets_the_others_go_on(
    organization, now, monkeypatch, caplog
):
    def fail(now):
        raise ValueError("broken")

    (refused,) = (one for one in CAUSES if one.name == "refused")
    object.__setattr__(refused, "find", fail)
    try:
        silent_agent(organization, now)
        assert len(run_round(now)) == 1
    finally:
        from alerts.causes.refused import find

        object.__setattr__(refused, "find", find)
    assert "Looking for what is wrong failed: refused" in caplog.text


def test_nothing_is_silent_while_zelto_does_not_hear(organization, now):
    silent_agent(organization, now)
    WorkerPulse.objects.create(seen_at=now - 3 * MINUTE)
    assert [one.issue.kind for one in run_round(now)] == ["worker_away"]
    WorkerPulse.objects.update(seen_at=now)
    Absence.objects.create(began_at=now - 60 * MINUTE, ended_at=now - MINUTE)
    assert [str(one.kind) for one in run_round(now + MINUTE)] == ["resolved"]
    assert not Issue.objects.open().exists()


def test_after_zelto_was_away_senders_have_time_to_send_what_they_kept(
    organization, now
):
    WorkerPulse.objects.create(seen_at=now + 9 * MINUTE)
    Absence.objects.create(began_at=now - 60 * MINUTE, ended_at=now - MINUTE)
    assert not is_listening(now)
    assert not is_listening(now + 8 * MINUTE)
    assert is_listening(now + 10 * MINUTE)


def test_while_no_web_process_is_there_nothing_can_arrive(db, now):
    assert is_listening(now)
    note_web(now)
    assert is_listening(now + MINUTE)
    assert not is_listening(now + 3 * MINUTE)
    note_web(now + 5 * MINUTE)
    assert not is_listening(now + 6 * MINUTE)
    note_web(now + 6 * MINUTE)
    assert not is_listening(now + 7 * MINUTE)
    for minute in range(7, 17):
        note_web(now + minute * MINUTE)
    assert is_listening(now + 16.5 * MINUTE)


def test_the_media_worker_tells_that_the_worker_is_away(organization):
    WorkerPulse.objects.create(seen_at=timezone.now() - 5 * MINUTE)
    judge_from_media()
    assert Issue.objects.get().kind == "worker_away"
    assert Progress.objects.filter(name="media").exists()
    judge()
    assert IssueChange.objects.count() == 1


def test_a_web_process_tells_it_where_nobody_runs_the_round(
    organization, now, monkeypatch
):
    monkeypatch.setattr(watch, "_looked_at", float("-inf"))
    WorkerPulse.objects.create(seen_at=now - 5 * MINUTE)
    Progress.objects.create(name="judging", at=now - 2 * MINUTE)
    watch.watch()
    assert not Issue.objects.exists()
    Progress.objects.update(at=now - 4 * MINUTE)
    watch.watch()
    assert not Issue.objects.exists()  # at most every thirty seconds
    monkeypatch.setattr(watch, "_looked_at", float("-inf"))
    watch.watch()
    assert Issue.objects.get().kind == "worker_away"


@pytest.mark.django_db(transaction=True)
def test_two_rounds_at_once_open_each_issue_once(now):
    for name in ("acme", "globex", "initech"):
        organization = Organization.objects.create(name=name, slug=name)
        agent = make_agent(organization)
        deliver(agent, now, None, outcome=Delivery.Outcome.FAILED)
        for number in range(20):
            silent_agent(organization, now, f"Agent {number}")
    faults: list[BaseException] = []

    def work():
        try:
            run_round(now)
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    kinds = sorted(Issue.objects.values_list("kind", flat=True))
    assert kinds == ["all_silent"] * 3 + ["deliveries_failed"] * 3
    assert IssueChange.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_what_two_find_at_once_is_opened_once(now):
    organization = Organization.objects.create(name="Acme", slug="acme")
    findings = [
        Finding(organization.pk, IssueKind.AGENT_SILENT, str(number), now)
        for number in range(200)
    ]
    ready = threading.Barrier(4)
    changes: list[int] = []

    def work():
        ready.wait()
        try:
            changes.append(len(reconcile([IssueKind.AGENT_SILENT], findings, now)))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(changes) == [0, 0, 0, 200]
    assert Issue.objects.count() == IssueChange.objects.count() == 200
