"""Recordings that could not be had."""

import pytest

from alerts.judging.looks import CAUSES
from alerts.judging.round import take_look
from alerts.models import Issue, Progress
from alerts.texts.issue_text import lines_of, title_of
from conversations.models import Recording
from tests.alerts.causes.conftest import MINUTE, arrive, make_agent

RECORDINGS = next(one for one in CAUSES if one.name == "recordings")
GONE = (
    "The server answered 404 (Not Found): the link is wrong, or no longer good. "
    "Links to recordings often expire; post the call again with a fresh one."
)


@pytest.fixture
def look(now):
    def at(minutes=0.0):
        Progress.objects.all().delete()
        changes = take_look(RECORDINGS, now + minutes * MINUTE)
        return [(str(one.kind), one.issue.cause) for one in changes]

    return at


def record(agent, at, state="failed", host="files.example.com", **fields):
    fields.setdefault("file", "" if state != "done" else "some/file")
    return Recording.objects.create(
        conversation=arrive(agent, at),
        state=state,
        source_url=f"https://{host}/calls/+4930123456.ogg",
        last_error=GONE if state == "failed" else "",
        **fields,
    )


def test_three_in_a_row_of_a_host_are_one_with_its_reason(agent, now, look):
    record(agent, now - 50 * MINUTE, "done")
    for minutes in (40, 30):
        record(agent, now - minutes * MINUTE)
    assert look() == []
    record(agent, now - 20 * MINUTE)
    assert look() == [("opened", "files.example.com")]
    issue = Issue.objects.get()
    zone = issue.organization.zone
    assert title_of(issue, zone) == (
        "3 recordings could not be had from files.example.com"
    )
    assert lines_of(issue, zone) == [
        "The server answered 404 (Not Found).",
        "Of the newest 4 it is 3.",
    ]
    assert "4930123456" not in str(issue.facts)


def test_what_waits_or_is_here_already_is_not_failed(agent, now, look):
    for minutes in (40, 30, 20):
        record(agent, now - minutes * MINUTE, "waiting")
        # An upload was there before a fetch failed.
        record(agent, now - minutes * MINUTE, file="some/file")
    record(agent, now - MINUTE)
    assert look() == []


def test_it_is_over_once_a_later_one_was_stored(agent, now, look):
    for minutes in (40, 30, 20):
        record(agent, now - minutes * MINUTE)
    look()
    record(agent, now - MINUTE, "done", "other.example.com")
    assert look(1) == []
    record(agent, now - MINUTE, "done")
    assert look(2) == [("resolved", "files.example.com")]


def test_two_hosts_are_two_and_organizations_are_apart(
    agent, other_organization, now, look
):
    twin = make_agent(other_organization)
    for minutes in (40, 30, 20):
        record(agent, now - minutes * MINUTE)
        record(agent, now - minutes * MINUTE, host="b.example.com")
    for minutes in (40, 30):
        record(twin, now - minutes * MINUTE)
    assert sorted(look()) == [
        ("opened", "b.example.com"),
        ("opened", "files.example.com"),
    ]
    owners = set(Issue.objects.values_list("organization", flat=True))
    assert owners == {agent.organization_id}


def test_what_arrived_long_ago_and_is_fetched_again_now_is_none(agent, now, look):
    for minutes in (40, 30, 20):
        record(agent, now - (25 * 60 + minutes) * MINUTE)
    assert look() == []
