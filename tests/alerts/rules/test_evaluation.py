"""Which rule counts, what it keeps from being told, and until when messages wait."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.models import IssueKind, Rule
from alerts.rules.evaluation import (
    MAX_HELD,
    NotTold,
    Rules,
    held_until,
    why_not_told,
)

ORGANIZATION, AGENT = uuid4(), uuid4()
SILENT = IssueKind.AGENT_SILENT
YEAR = (datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2027-01-01"))
BERLIN = ZoneInfo("Europe/Berlin")
# A Friday.
NOON = datetime(2026, 11, 27, 12, 0, tzinfo=BERLIN)


def rule(**fields):
    return Rule(organization_id=ORGANIZATION, **fields)


def test_the_most_special_rule_counts():
    of_both = rule(agent_id=AGENT, kind=SILENT)
    of_agent, of_kind, of_all = rule(agent_id=AGENT), rule(kind=SILENT), rule()
    every = [of_all, of_kind, of_agent, of_both]
    for place, expected in enumerate(reversed(every)):
        rules = Rules(every[: len(every) - place])
        assert rules.rule_for(ORGANIZATION, SILENT, AGENT) is expected
    assert Rules(every).rule_for(ORGANIZATION, SILENT, uuid4()) is of_kind
    assert Rules(every).rule_for(ORGANIZATION, IssueKind.DISK_FULL, None) is of_all
    assert Rules(every).rule_for(uuid4(), SILENT, AGENT) is None


def test_what_is_off_or_too_young_is_not_told():
    since = NOON - timedelta(minutes=20)
    assert why_not_told(None, SILENT, since, NOON) is None
    assert why_not_told(rule(), SILENT, since, NOON) is None
    assert why_not_told(rule(is_off=True), SILENT, since, NOON) is NotTold.OFF
    assert why_not_told(rule(delay_minutes=21), SILENT, since, NOON) is NotTold.DELAY
    assert why_not_told(rule(delay_minutes=20), SILENT, since, NOON) is None


def test_an_expected_silence_is_about_silence_alone():
    one = rule(silent_until=NOON + timedelta(days=1))
    assert why_not_told(one, SILENT, NOON, NOON) is NotTold.SILENT_UNTIL
    assert why_not_told(one, IssueKind.SESSIONS_REFUSED, NOON, NOON) is None
    assert why_not_told(one, SILENT, NOON, NOON + timedelta(days=1)) is None


def held(one, moment):
    until = held_until(one, moment, BERLIN)
    return until and until.astimezone(BERLIN).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("clock", "until"),
    [
        ("21:59", None),
        ("22:00", "2026-11-28 07:00"),
        ("06:59", "2026-11-27 07:00"),
        ("07:00", None),
    ],
)
def test_quiet_hours_go_over_midnight(clock, until):
    night = rule(quiet_from=time(22), quiet_to=time(7))
    moment = datetime.combine(NOON.date(), time.fromisoformat(clock), BERLIN)
    assert held(night, moment) == (until and datetime.fromisoformat(until))


def test_days_off_and_quiet_hours_follow_each_other():
    weekend = rule(days_off=[5, 6], quiet_from=time(18), quiet_to=time(9))
    assert held(weekend, NOON) is None
    friday = datetime(2026, 11, 27, 18, 0, tzinfo=BERLIN)
    assert held(weekend, friday) == datetime.fromisoformat("2026-11-30 09:00")


def test_clock_changes_move_the_end_with_the_clock():
    night = rule(quiet_from=time(1), quiet_to=time(2, 30))
    # 2:30 is not there in spring, and is there twice in autumn.
    spring = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert held_until(night, spring, BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    first = datetime(2026, 10, 25, 0, 15, tzinfo=UTC)
    assert held_until(night, first, BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)
    assert held_until(night, second, BERLIN) == datetime(
        2026, 10, 25, 1, 30, tzinfo=UTC
    )


def test_where_every_day_is_off_a_message_waits_for_so_long_and_no_longer():
    assert held_until(rule(days_off=list(range(7))), NOON, BERLIN) == NOON + MAX_HELD


@given(
    moment=st.datetimes(*YEAR, timezones=st.just(UTC)),
    hours=st.tuples(st.times(), st.times()),
    days=st.lists(st.integers(0, 6), unique=True, max_size=6),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu"]),
)
def test_what_is_held_is_ahead_and_free_once_it_is_over(moment, hours, days, zone):
    one = rule(quiet_from=hours[0], quiet_to=hours[1], days_off=days)
    until = held_until(one, moment, ZoneInfo(zone))
    if until is not None:
        assert moment < until <= moment + MAX_HELD
        assert (
            held_until(one, until, ZoneInfo(zone)) is None or until == moment + MAX_HELD
        )
