"""Reading what was used: by the organization's own days."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from conversations.models import Charge
from conversations.usage.report import Use, read_usage


@pytest.fixture
def charge(organization):
    made = iter(range(10_000))

    def charge(at, meter="calls", quantity="1", of=organization):
        return Charge.objects.create(
            organization=of,
            meter=meter,
            subject=str(next(made)).encode(),
            quantity=Decimal(quantity),
            charged_at=datetime.fromisoformat(at).replace(tzinfo=UTC),
        )

    return charge


def days(usage):
    return [(str(use.day), use.calls) for use in usage.days]


def test_it_counts_by_day_newest_first_and_leaves_out_the_others(organization, charge):
    for at in ("2026-11-01T10:00", "2026-11-03T00:00", "2026-11-03T23:59:59.999999"):
        charge(at)
    usage = read_usage(organization, date(2026, 11, 1), date(2026, 11, 3))
    assert days(usage) == [("2026-11-03", 2), ("2026-11-01", 1)]
    assert usage.calls == 3


def test_both_days_are_inside(organization, charge):
    for day in (1, 2, 3, 4):
        charge(f"2026-11-0{day}T12:00")
    usage = read_usage(organization, date(2026, 11, 2), date(2026, 11, 3))
    assert days(usage) == [("2026-11-03", 1), ("2026-11-02", 1)]


def test_it_keeps_the_meters_apart(organization, charge):
    charge("2026-11-01T10:00")
    charge("2026-11-01T10:00", "transcription_minutes", "2.5001")
    charge("2026-11-02T10:00", "transcription_minutes", "0.4")
    usage = read_usage(organization, date(2026, 11, 1), date(2026, 11, 2))
    assert usage.days == [
        Use(date(2026, 11, 2), 0, Decimal("0.4000")),
        Use(date(2026, 11, 1), 1, Decimal("2.5001")),
    ]
    assert usage.transcription_minutes == Decimal("2.9001")


@pytest.mark.parametrize(
    ("zone", "at", "day"),
    [
        ("Asia/Tokyo", "2026-11-01T14:59", "2026-11-01"),
        ("Asia/Tokyo", "2026-11-01T15:00", "2026-11-02"),
        ("America/New_York", "2026-11-02T04:59", "2026-11-01"),
        # The clocks went back that night: it was 25 hours long.
        ("America/New_York", "2026-11-01T04:00", "2026-11-01"),
        ("America/New_York", "2026-11-02T05:00", "2026-11-02"),
        ("Europe/Berlin", "2026-03-29T22:00", "2026-03-30"),
        ("Europe/Berlin", "2026-03-28T23:00", "2026-03-29"),
    ],
)
def test_days_begin_at_midnight_where_the_organization_is(
    organization, charge, zone, at, day
):
    organization.time_zone = zone
    organization.save()
    charge(at)
    usage = read_usage(organization, date(2026, 1, 1), date(2026, 12, 31))
    assert days(usage) == [(day, 1)]


def test_it_shows_every_day_where_asked(organization, charge):
    charge("2026-11-02T10:00")
    usage = read_usage(organization, date(2026, 11, 1), date(2026, 11, 3))
    assert [(use.day.day, use.calls, bool(use)) for use in usage.every_day()] == [
        (3, 0, False),
        (2, 1, True),
        (1, 0, False),
    ]


def test_it_adds_days_up_to_months(organization, charge):
    charge("2026-01-31T10:00")
    charge("2026-03-01T10:00")
    charge("2026-03-31T10:00", "transcription_minutes", "1.5")
    usage = read_usage(organization, date(2026, 1, 15), date(2026, 3, 31))
    assert usage.every_month() == [
        Use(date(2026, 3, 1), 1, Decimal("1.5000")),
        Use(date(2026, 2, 1), 0, Decimal(0)),
        Use(date(2026, 1, 1), 1, Decimal(0)),
    ]


def test_it_counts_nothing_of_another_organization(
    organization, other_organization, charge
):
    charge("2026-11-01T10:00", of=other_organization)
    assert read_usage(organization, date(2026, 11, 1), date(2026, 11, 1)).days == []


def test_it_reads_all_of_time(organization, charge):
    charge("2026-11-01T10:00")
    assert read_usage(organization, date(1970, 1, 1), date(2100, 12, 31)).calls == 1


def test_it_asks_the_database_once(organization, charge, django_assert_num_queries):
    charge("2026-11-01T10:00")
    with django_assert_num_queries(1):
        read_usage(organization, date(2026, 1, 1), date(2026, 12, 31)).every_month()
