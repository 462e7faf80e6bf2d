"""Deliveries that failed or wait, and a queue that is too long."""

import pytest

from alerts.judging.looks import CAUSES
from alerts.judging.round import take_look
from alerts.models import Issue, Progress
from alerts.texts.issue_text import lines_of, title_of
from integrations.models import Delivery
from tests.alerts.causes.conftest import MINUTE, deliver, make_agent

FAILED = next(one for one in CAUSES if one.name == "failed")
WAITING = next(one for one in CAUSES if one.name == "waiting")


@pytest.fixture
def look(now):
    def at(cause, minutes=0.0):
        Progress.objects.all().delete()
        changes = take_look(cause, now + minutes * MINUTE)
        return sorted((str(one.kind), one.issue.kind) for one in changes)

    return at


def fail(agent, at, **fields):
    return deliver(agent, at, None, outcome=Delivery.Outcome.FAILED, **fields)


def wait(agent, at, **fields):
    return deliver(agent, at, None, outcome=Delivery.Outcome.ACCEPTED, **fields)


def test_the_first_that_failed_is_one_and_more_are_counted(agent, now, look):
    fail(agent, now - MINUTE)
    assert look(FAILED) == [("opened", "deliveries_failed")]
    fail(agent, now)
    assert look(FAILED, 1) == []
    issue = Issue.objects.get()
    zone = issue.organization.zone
    assert title_of(issue, zone).startswith(
        "2 deliveries could not be turned into conversations since"
    )
    assert lines_of(issue, zone)[0] == "They are of Front desk."


def test_what_a_later_delivery_of_the_call_made_good_is_none(agent, now, look):
    failed = fail(agent, now - MINUTE)
    look(FAILED)
    deliver(agent, now, None, external_id=failed.external_id)
    assert look(FAILED, 1) == [("resolved", "deliveries_failed")]


def test_what_failed_over_a_day_ago_is_none(agent, now, look):
    fail(agent, now - 25 * 60 * MINUTE, processed_at=now)
    assert look(FAILED) == []


def test_what_waits_long_is_one_and_is_over_once_it_does_not(
    agent, other_organization, now, look
):
    other = make_agent(other_organization)
    waiting = wait(other, now - 16 * MINUTE, attempts=2)
    wait(agent, now - 4 * MINUTE)
    assert look(WAITING) == [("opened", "deliveries_waiting")]
    issue = Issue.objects.get()
    assert issue.organization == other_organization
    assert title_of(issue, other_organization.zone) == (
        "Sessions have been waiting for 16 min to become conversations"
    )
    Delivery.objects.filter(pk=waiting.pk).update(received_at=now - 10 * MINUTE)
    assert look(WAITING) == []
    Delivery.objects.filter(pk=waiting.pk).update(outcome="processed")
    assert look(WAITING) == [("resolved", "deliveries_waiting")]


def test_a_queue_that_no_worker_touches_is_the_instances(
    agent, other_organization, now, look
):
    other = make_agent(other_organization)
    old = [wait(one, now - 20 * MINUTE) for one in (agent, other)]
    assert look(WAITING) == [
        ("opened", "deliveries_waiting"),
        ("opened", "queue_long"),
    ]
    assert Issue.objects.get(kind="queue_long").organization == agent.organization
    assert Issue.objects.get(kind="deliveries_waiting").agent is None
    for one in old:
        one.outcome = "processed"
        one.save()
    assert look(WAITING, 1) == [
        ("resolved", "deliveries_waiting"),
        ("resolved", "queue_long"),
    ]


def test_a_queue_that_moves_is_not_long(agent, now, look):
    wait(agent, now - 4 * MINUTE)
    # Tried and deferred: an organization's, not the queue's.
    wait(agent, now - 10 * MINUTE, attempts=1)
    assert look(WAITING) == []
