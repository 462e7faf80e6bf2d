"""Where in an organization's log a moment is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Organization
from integrations.delivery_log import positions
from integrations.models import Delivery

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def arrive(organization: Organization, *hours: float) -> list[Delivery]:
    """Deliveries so many hours after noon."""
    return [
        Delivery.objects.create(
            organization=organization,
            status=200,
            outcome="processed",
            received_at=NOON + timedelta(hours=hour),
        )
        for hour in hours
    ]


@pytest.mark.parametrize("hour", [-1, 0, 1, 2.5, 7, 8, 12])
def test_all_that_arrived_later_is_above(
    organization: Organization, other_organization: Organization, hour: float
) -> None:
    rows = []
    for number in range(9):
        rows += arrive(organization, number)
        arrive(other_organization, 5)
    moment = NOON + timedelta(hours=hour)

    above = positions.sequence_before(organization.id, moment)
    below = positions.sequence_after(organization.id, moment)

    for row in rows:
        assert (row.sequence > above) == (row.received_at >= moment)
        # What arrived at that very moment may be on either side: it is compared again.
        assert (row.sequence < below) == (row.received_at <= moment)


def test_what_overtook_by_a_minute_is_still_within(organization: Organization) -> None:
    early, late, overtaken = arrive(organization, 0, 1, 1 - 1 / 60)
    moment = late.received_at
    assert positions.sequence_before(organization.id, moment) < late.sequence
    assert positions.sequence_after(organization.id, moment) > overtaken.sequence
    assert positions.sequence_before(organization.id, moment) >= early.sequence


def test_an_empty_log_has_no_places(organization: Organization) -> None:
    assert positions.sequence_before(organization.id, NOON) <= 0
    assert positions.sequence_after(organization.id, NOON) == 0


def test_it_reads_few_rows_of_a_long_log(
    organization: Organization, django_assert_num_queries
) -> None:
    arrive(organization, *range(200))
    with django_assert_num_queries(1):
        positions.sequence_after(organization.id, NOON + timedelta(hours=70))
