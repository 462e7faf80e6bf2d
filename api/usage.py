"""What an organization used, as programs see it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone
from pydantic import Field

from accounts.models import Organization
from api.parameters import Day, Parameters
from api.resources import Resource
from conversations.usage.report import read_usage
from integrations.problems import Refusal

DAYS = 31
MAX_DAYS = 3660
TEN_THOUSANDTH = Decimal("0.0001")


class Use(Resource):
    """What is charged for."""

    calls: int = Field(
        description="Conversations, each once and for good.", examples=[42]
    )
    transcription_minutes: Decimal = Field(
        description="Minutes of audio that Zelto itself transcribed.",
        examples=["12.5000"],
    )


class DayOfUse(Use):
    """What one day used."""

    day: date = Field(
        alias="date",
        description="In the organization's time zone.",
        examples=["2026-11-22"],
    )


class Usage(Resource):
    """What a period used."""

    data: list[DayOfUse] = Field(
        description="Newest first; days without use are left out."
    )
    totals: Use = Field(description="The sum of all days of the period.")


class UsageParameters(Parameters):
    first_day: Day | None = Field(
        None,
        alias="from",
        description=f"The first day; {DAYS} days up to `to` without it.",
        examples=["2026-11-01"],
    )
    last_day: Day | None = Field(
        None,
        alias="to",
        description="The last day, itself included; today without it.",
        examples=["2026-11-30"],
    )


def get_usage(organization: Organization, parameters: UsageParameters) -> Usage:
    """Return what an organization used by day.

    A call counts on the day of its first delivery.

    Raises:
        Refusal: 400, the period ends before it begins, or is longer than `MAX_DAYS`.
    """  # noqa: DOC501 - `_strange_period` makes a Refusal
    today = timezone.now().astimezone(organization.zone).date()
    last = parameters.last_day or max(today, parameters.first_day or today)
    first = parameters.first_day or last - timedelta(days=DAYS - 1)
    if first > last:
        raise _strange_period("must not lie after to")
    if (last - first).days >= MAX_DAYS:
        raise _strange_period(f"must lie less than {MAX_DAYS:,} days before to")
    usage = read_usage(organization, first, last)
    return Usage(
        data=[
            DayOfUse(
                day=use.day,
                calls=use.calls,
                transcription_minutes=use.transcription_minutes.quantize(
                    TEN_THOUSANDTH
                ),
            )
            for use in usage.days
        ],
        totals=Use(
            calls=usage.calls,
            transcription_minutes=usage.transcription_minutes.quantize(TEN_THOUSANDTH),
        ),
    )


def _strange_period(detail: str) -> Refusal:
    fault = {"path": "from", "detail": detail}
    return Refusal(400, f"from {detail}.", errors=(fault,))
