"""What messages and pages say of an issue, word by word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import override_settings

from accounts.models import Organization
from alerts.channels.text import Severity
from alerts.models import Issue, IssueChange, IssueKind
from alerts.texts.issue_text import content_of, text_of, text_of_content

# A Friday, 14:02 in Berlin.
SINCE = datetime(2026, 11, 27, 13, 2, tzinfo=UTC)
NOW = SINCE + timedelta(minutes=50)
REVOKED = {
    "status": 401,
    "count": 38,
    "key": "livekit-prod",
    "key_state": "revoked",
    "key_at": (SINCE - timedelta(minutes=1)).isoformat(),
    "key_by": "Alice Example",
}
SILENT = {"agent": "Front desk", "agent_id": str(uuid4()), "usual_gap": 360.0}


@pytest.fixture
def told():
    """`told(kind, step, **facts)`: the text of a change."""
    organization = Organization(name="Acme", slug="acme", time_zone="Europe/Berlin")

    def say(kind=IssueKind.AGENT_SILENT, step="opened", count=0, actor="", **facts):
        issue = Issue(organization=organization, kind=kind, since=SINCE)
        change = IssueChange(
            issue=issue,
            organization=organization,
            kind=step,
            since=SINCE,
            created_at=NOW,
            count=count,
            actor=actor,
            facts=facts,
        )
        assert text_of_content(content_of(change), organization) == text_of(change)
        return text_of(change)

    return say


def test_a_silence_says_since_when_what_is_usual_and_why(told):
    text = told(**SILENT, refusals=[REVOKED])
    assert text.title == (
        "Front desk is silent since 14:02 (usually every 6 min on Fridays at this time)"
    )
    assert text.lines == [
        "Since 14:02 its key livekit-prod was refused 38 times: revoked at 14:01 by "
        "Alice Example."
    ]
    assert text.severity is Severity.CRITICAL


def test_a_silence_says_what_livekit_and_the_hosts_say(told):
    hosts = [
        {"host": "worker-1", "at": SINCE.isoformat(), "waiting": 12},
        {"host": "", "at": (SINCE - timedelta(days=2)).isoformat(), "waiting": 0},
    ]
    sessions = {"ended": 11, "running": 1, "missing": 11}
    text = told(**SILENT, sessions=sessions, hosts=hosts, host_count=5)
    assert text.lines == [
        "LiveKit ran 12 sessions since 14:02; 11 of them are missing here.",
        "Last heard of: worker-1 at 14:02 with 12 sessions in its outbox, a host "
        "without a name at Wed 14:02 and 3 other hosts.",
    ]
    text = told(**SILENT, sessions={})
    assert text.lines == [
        "LiveKit told of no session since 14:02 either, so no calls came in."
    ]


def test_a_silence_without_a_cause_says_that(told):
    (line,) = told(**SILENT).lines
    assert line.startswith("Nothing of it was refused, and nothing else is known")


@pytest.mark.parametrize(
    ("step", "title"),
    [
        ("reopened", "Again: Front desk is silent since 14:02"),
        ("woken", "Still: Front desk is silent since 14:02"),
        ("acknowledged", "Acknowledged by Bob: Front desk is silent since 14:02"),
        ("snoozed", "Snoozed by Bob until 15:52: Front desk is silent since 14:02"),
    ],
)
def test_each_step_has_its_words(told, step, title):
    until = (NOW + timedelta(hours=1)).isoformat()
    text = told(step=step, actor="Bob", agent="Front desk", snoozed_until=until)
    assert text.title == title


def test_recovery_says_how_long_and_about_how_many_calls(told):
    at = (SINCE + timedelta(minutes=48)).isoformat()
    over = {"at": at, "missed": 7.8, "is_told": False}
    text = told(step="resolved", **SILENT, over=over)
    assert text.title == "Front desk sends sessions again since 14:50"
    assert text.lines == [
        "It lasted 48 min, from 14:02 to 14:50.",
        "Usually about 8 sessions arrive in that time.",
    ]
    over = {"at": at, "missed": 11, "is_told": True}
    text = told(step="resolved", **SILENT, over=over)
    assert text.lines[1] == "LiveKit ran 11 sessions in that time that did not arrive."
    assert text.severity is Severity.RESOLVED


def test_what_is_over_for_another_reason_says_that(told):
    over = {"because": "retired", "at": NOW.isoformat()}
    assert told(step="resolved", **SILENT, over=over).title == "Front desk was retired"
    over = {"because": "revoked", "at": NOW.isoformat()}
    text = told(IssueKind.KEY_EXPIRES, "resolved", key="livekit-prod", over=over)
    assert text.title == "The API key livekit-prod was revoked"


@pytest.mark.parametrize("kind", list(IssueKind))
@pytest.mark.parametrize("step", [one.value for one in IssueChange.Kind])
def test_every_kind_has_words_for_every_step_without_any_fact(told, kind, step):
    text = told(kind, step)
    assert text.title
    assert not text.title[0].islower()
    assert not text.title.endswith(".")
    assert all(line.endswith(".") for line in text.lines)


def test_a_name_that_somebody_chose_stays_on_its_line(told):
    text = told(agent="Front\ndesk\x00 <b>" + "x" * 200)
    assert "\n" not in text.title
    assert len(text.title) < 120


@override_settings(BASE_URL="https://zelto.example")
def test_its_links_are_absolute(told):
    text = told(**SILENT)
    agent = f"https://zelto.example/org/acme/agents/{SILENT['agent_id']}"
    assert [one.url for one in text.links][1:] == [agent]
    assert text.links[0].url == (
        f"https://zelto.example/org/acme/alerts/issues/{text.dedup_key}"
    )
