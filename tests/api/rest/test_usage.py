"""`GET /v1/usage`"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Organization
from conversations.models import Charge
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db
PATH = "/v1/usage"
numbers = count(1)


def charge(
    organization: Organization,
    at: datetime,
    meter: str = "calls",
    quantity: str = "1",
) -> None:
    Charge.objects.create(
        organization=organization,
        meter=meter,
        subject=str(next(numbers)).encode(),
        quantity=Decimal(quantity),
        charged_at=at,
    )


def noon(day: int) -> datetime:
    return datetime(2026, 11, day, 12, tzinfo=UTC)


def test_it_sums_by_day_newest_first(api: Api, organization: Organization) -> None:
    charge(organization, noon(20))
    charge(organization, noon(22))
    charge(organization, noon(22))
    charge(organization, noon(22), "transcription_minutes", "1.25")
    charge(organization, noon(25))
    period = {"from": "2026-11-20", "to": "2026-11-22"}
    assert api.get(PATH, **period).json() == {
        "data": [
            {"date": "2026-11-22", "calls": 2, "transcriptionMinutes": "1.2500"},
            {"date": "2026-11-20", "calls": 1, "transcriptionMinutes": "0.0000"},
        ],
        "totals": {"calls": 3, "transcriptionMinutes": "1.2500"},
    }


def test_days_are_the_organizations(api: Api, organization: Organization) -> None:
    organization.time_zone = "Asia/Tokyo"
    organization.save()
    charge(organization, datetime(2026, 11, 22, 16, tzinfo=UTC))
    period = {"from": "2026-11-23", "to": "2026-11-23"}
    assert api.get(PATH, **period).json()["totals"]["calls"] == 1


def test_without_dates_it_is_the_last_31_days(
    api: Api, organization: Organization
) -> None:
    now = timezone.now()
    charge(organization, now)
    charge(organization, now - timedelta(days=30))
    charge(organization, now - timedelta(days=31))
    assert api.get(PATH).json()["totals"]["calls"] == 2


def test_one_date_is_enough(api: Api, organization: Organization) -> None:
    charge(organization, noon(1))
    assert api.get(PATH, to="2026-11-02").json()["totals"]["calls"] == 1
    today = timezone.now().date()
    assert api.get(PATH, **{"from": str(today)}).status_code == 200
    ahead = str(date(today.year + 1, 1, 1))
    assert api.get(PATH, **{"from": ahead}).json()["data"] == []


@pytest.mark.parametrize(
    ("period", "at"),
    [
        ({"from": "2026-11-22", "to": "2026-11-21"}, "from"),
        ({"from": "2000-01-01", "to": "2026-11-21"}, "from"),
        ({"from": "soon"}, "from"),
        ({"to": "2026-11-22T12:00:00Z"}, "to"),
        ({"limit": "5"}, "limit"),
    ],
)
def test_a_strange_period_is_named(api: Api, period: dict[str, str], at: str) -> None:
    response = api.get(PATH, **period)
    assert response.status_code == 400
    assert [each["path"] for each in response.json()["errors"]] == [at]


def test_it_shows_nobody_elses(
    outsider: Api, reader: Api, organization: Organization
) -> None:
    charge(organization, timezone.now())
    assert outsider.get(PATH).json()["totals"]["calls"] == 0
    assert reader.get(PATH).json()["totals"]["calls"] == 1


def test_it_asks_three_times(
    api: Api,
    organization: Organization,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for day in range(1, 21):
        charge(organization, noon(day))
    api.get(PATH)
    with django_assert_num_queries(3):
        api.get(PATH, **{"from": "2026-11-01", "to": "2026-11-30"})
