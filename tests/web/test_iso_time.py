"""Moments as programs read them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter

from web.iso_time import iso_microseconds, iso_milliseconds

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MOMENTS = [NOON, NOON.replace(microsecond=339_000), NOON.replace(microsecond=1)]


@pytest.mark.parametrize("moment", MOMENTS)
def test_files_have_moments_as_answers_have_them(moment):
    answered = TypeAdapter(datetime).dump_json(moment).decode()
    assert f'"{iso_microseconds(moment)}"' == answered


def test_the_precision_is_that_of_the_name():
    moment = NOON.replace(microsecond=339_120)
    assert iso_microseconds(moment) == "2026-11-22T12:00:00.339120Z"
    assert iso_milliseconds(moment) == "2026-11-22T12:00:00.339+00:00"
    assert iso_milliseconds(NOON) == "2026-11-22T12:00:00.000+00:00"


def test_it_is_utc_whatever_zone_a_moment_is_in():
    moment = NOON.astimezone(ZoneInfo("Europe/Berlin"))
    assert iso_microseconds(moment) == "2026-11-22T12:00:00Z"
    assert iso_milliseconds(moment) == "2026-11-22T12:00:00.000+00:00"
