from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from conversations.days import midnight
from conversations.listing.query import ListQuery, read_list_query

AGENT = "01a2040d-f438-7594-8907-cb76d8ebefc7"


def test_filters_are_read_from_the_address_and_written_back():
    parameters = {
        "agent": AGENT,
        "provider": "livekit",
        "reference": " RM_9f & co ",
        "from": "2026-11-01",
        "to": "2026-11-30",
    }
    filters = read_list_query(parameters)
    assert filters == ListQuery(
        agent=UUID(AGENT),
        provider="livekit",
        reference="RM_9f & co",
        first_day=date(2026, 11, 1),
        last_day=date(2026, 11, 30),
    )
    assert filters.query() == (
        f"agent={AGENT}&provider=livekit&reference=RM_9f+%26+co"
        "&from=2026-11-01&to=2026-11-30"
    )
    assert not filters.faults


def test_one_filter_can_be_taken_away():
    filters = ListQuery(provider="livekit", reference="x")
    assert filters.without("provider").query() == "reference=x"


def test_no_filter_is_falsy():
    assert not read_list_query({})
    assert not read_list_query({"agent": "", "from": "", "reference": "  "})
    assert read_list_query({"reference": "x"})


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("agent", "front-desk", "The agent in the address is not an id"),
        ("agent", "x" * 5000, "The agent in the address is not an id"),
        ("provider", "twilio", "There is no provider “twilio”"),
        ("from", "yesterday", "From is not a date"),
        ("from", "0001-01-01", "From is not a date"),
        ("to", "9999-12-31", "To is not a date"),
        ("to", "2026-02-30", "To is not a date"),
    ],
)
def test_what_cannot_be_read_is_left_out_with_a_sentence(name, value, sentence):
    filters = read_list_query({name: value})
    assert not filters
    assert filters.faults[0].startswith(sentence)


def test_dates_the_wrong_way_round_are_told():
    filters = read_list_query({"from": "2026-11-02", "to": "2026-11-01"})
    assert filters.faults == (
        "From is after To, so nothing can match. Swap the two dates.",
    )


def test_a_reference_is_bounded_and_without_what_postgres_cannot_hold():
    assert (
        read_list_query({"reference": "a\x00b" + "c" * 999}).reference
        == "ab" + "c" * 253
    )


def test_a_day_begins_at_midnight_in_the_zone_of_the_organization():
    berlin = ZoneInfo("Europe/Berlin")
    assert midnight(date(2026, 7, 1), berlin).isoformat() == "2026-07-01T00:00:00+02:00"
    assert midnight(date(2026, 1, 1), berlin).isoformat() == "2026-01-01T00:00:00+01:00"
