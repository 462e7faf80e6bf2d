"""Keys that expire soon, and keys that stopped being used."""

from datetime import date, timedelta

import pytest

from accounts import actions
from accounts.models import ApiKey
from alerts.causes.keys import days_of_use
from alerts.judging.looks import CAUSES
from alerts.judging.round import take_look
from alerts.models import Issue, KeyDay, Progress
from alerts.texts.issue_text import lines_of, title_of
from integrations.models import AgentWorker

EXPIRES = next(one for one in CAUSES if one.name == "expiring keys")
UNUSED = next(one for one in CAUSES if one.name == "unused keys")
DAY = timedelta(days=1)


@pytest.fixture
def look(now):
    def at(cause, days=0.0):
        Progress.objects.all().delete()
        return [str(one.kind) for one in take_look(cause, now + days * DAY)]

    return at


@pytest.fixture
def used(key, now):
    """`used(last_used_at=...)`: change the key as no form does."""

    def change(one=key, **fields):
        ApiKey.objects.filter(pk=one.pk).update(**fields)

    return change


def test_a_key_that_is_used_and_expires_within_14_days_is_one(key, used, now, look):
    used(expires_at=now + 15 * DAY, last_used_at=now - DAY)
    assert look(EXPIRES) == []
    used(expires_at=now + 13 * DAY)
    AgentWorker.objects.create(
        organization=key.organization,
        key=key,
        provider="livekit",
        agent_reference="front-desk",
        host="worker-1",
        first_at=now,
        last_at=now,
        waiting=0,
        refused=0,
    )
    assert look(EXPIRES) == ["opened"]
    issue = Issue.objects.get()
    assert issue.key == key
    zone = issue.organization.zone
    assert title_of(issue, zone).startswith("The API key livekit-prod expires on")
    assert "worker-1" in " ".join(lines_of(issue, zone))
    assert look(EXPIRES, 1) == []


def test_a_key_that_nobody_uses_may_expire(used, now, look):
    used(expires_at=now + 3 * DAY, last_used_at=None)
    assert look(EXPIRES) == []
    used(last_used_at=now - 31 * DAY)
    assert look(EXPIRES) == []


@pytest.mark.parametrize(
    ("fields", "because"),
    [
        ({"revoked_at": "now"}, "revoked"),
        ({"expires_at": "now"}, "expired"),
        ({"expires_at": None}, None),
    ],
)
def test_it_is_over_when_the_key_is_or_lives_longer(used, now, look, fields, because):
    used(expires_at=now + 3 * DAY, last_used_at=now)
    look(EXPIRES)
    used(**{name: now if at == "now" else at for name, at in fields.items()})
    assert look(EXPIRES, 0.01) == ["resolved"]
    assert Issue.objects.get().facts["over"].get("because") == because


def test_a_key_that_is_gone_ends_its_issue(key, used, now, look):
    used(expires_at=now + 3 * DAY, last_used_at=now)
    look(EXPIRES)
    key.delete()
    assert look(EXPIRES) == ["resolved"]
    assert Issue.objects.get().facts["over"]["because"] == "deleted"


def test_a_rolled_key_is_one_on_its_last_day_while_it_is_still_used(
    key, used, alice, now, look
):
    used(expires_at=now + 30 * DAY, last_used_at=now)
    key.refresh_from_db()
    actions.roll_key(key=key, overlap=3 * DAY, by=alice)
    assert look(EXPIRES) == []
    used(last_used_at=now + 2.2 * DAY)
    assert look(EXPIRES, 2.5) == ["opened"]
    used(last_used_at=now + 1 * DAY)
    assert look(EXPIRES, 2.6) == ["resolved"]


TODAY = date(2026, 11, 27)


def days_before(*numbers):
    return sorted(TODAY - timedelta(days=number) for number in numbers)


def test_a_key_that_was_used_daily_and_is_not_for_three_days_stopped():
    every = days_before(*range(3, 31))
    assert days_of_use(every, TODAY - 3 * DAY, TODAY) == 28
    assert days_of_use(every, TODAY - 3 * DAY, TODAY - DAY) == 0


def test_weekends_of_its_weeks_are_no_end_of_use():
    # Monday to Friday; the last use was on Friday a week ago.
    friday = TODAY - timedelta(days=7)
    work = [friday - timedelta(days=n) for n in range(28)]
    work = sorted(day for day in work if day.weekday() < 5)
    assert days_of_use(work, friday, friday + 5 * DAY) == 0
    assert days_of_use(work, friday, friday + 6 * DAY) == 20


def test_a_key_that_is_used_now_and_then_never_stops():
    rare = days_before(*range(3, 30, 4))
    assert days_of_use(rare, rare[-1], TODAY) == 0


def test_a_key_that_stopped_while_others_go_on_is_one(
    key, used, make_key, organization, now, look
):
    other, _ = make_key(organization, name="other")
    for number in range(4, 20):
        KeyDay.objects.create(key=key, day=(now - number * DAY).date())
    used(last_used_at=now - 4 * DAY)
    # All is silent: that is another alert.
    assert look(UNUSED) == []
    used(other, last_used_at=now)
    assert look(UNUSED) == ["opened"]
    issue = Issue.objects.get()
    zone = organization.zone
    assert "was used daily, and is not used since" in title_of(issue, zone)
    assert (
        lines_of(issue, zone)[0] == "It was used on 16 days of the four weeks before."
    )
    used(last_used_at=now)
    assert look(UNUSED) == ["resolved"]
    assert Issue.objects.get().facts["over"].get("because") is None


def test_a_revoked_key_ends_it(key, used, make_key, organization, now, look):
    other, _ = make_key(organization, name="other")
    used(other, last_used_at=now)
    for number in range(4, 20):
        KeyDay.objects.create(key=key, day=(now - number * DAY).date())
    used(last_used_at=now - 4 * DAY)
    assert look(UNUSED) == ["opened"]
    used(revoked_at=now)
    assert look(UNUSED) == ["resolved"]
    assert Issue.objects.get().facts["over"]["because"] == "revoked"


def test_each_day_of_use_is_noted_once_and_forgotten(key, used, now, look):
    used(last_used_at=now)
    KeyDay.objects.create(key=key, day=(now - 60 * DAY).date())
    look(UNUSED)
    look(UNUSED, 0.001)
    assert list(KeyDay.objects.values_list("day", flat=True)) == [now.date()]
