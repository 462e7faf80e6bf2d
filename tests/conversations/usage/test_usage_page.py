import re
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from conversations.models import Charge
from conversations.usage.period import read_period

URL = "/org/acme/settings/usage"
CSV = f"{URL}.csv"
TODAY = date(2026, 11, 22)


@pytest.fixture
def charge(organization):
    def charge(at=None, quantity=1, meter="calls", of=organization):
        at = at or timezone.now()
        Charge.objects.create(
            organization=of,
            meter=meter,
            subject=f"{at} {meter} {Charge.objects.count()}".encode(),
            quantity=quantity,
            charged_at=at,
        )

    return charge


def text_of(client, url=URL):
    content = client.get(url).content.decode()
    main = content[content.index("<main") :]
    return " ".join(unescape(re.sub("<[^>]+>", " ", main)).split())


def test_it_answers_first_how_much_was_used(alice_client, charge):
    for _ in range(1200):
        charge()
    charge(meter="transcription_minutes", quantity="96.4567")
    text = text_of(alice_client)
    assert "1,200 calls" in text
    assert "96.5 minutes of transcription" in text


def test_it_has_a_row_for_each_day_also_without_use(alice_client, charge):
    charge(datetime(2026, 11, 2, 12, tzinfo=UTC))
    text = text_of(alice_client, f"{URL}?from=2026-11-01&to=2026-11-03")
    rows = "Tue 3 Nov 2026 0 0 Mon 2 Nov 2026 1 0 Sun 1 Nov 2026 0 0"
    assert rows in text


def test_it_has_a_bar_for_each_day_that_says_its_number(alice_client, charge):
    charge(datetime(2026, 11, 2, 12, tzinfo=UTC))
    content = alice_client.get(f"{URL}?from=2026-11-01&to=2026-11-03").content.decode()
    assert "<title>2 Nov: 1</title>" in content
    assert "<title>3 Nov: 0 min</title>" in content
    assert content.count('class="z-bar"') == 1


def test_it_adds_up_months(alice_client, charge):
    charge(datetime(2026, 10, 2, 12, tzinfo=UTC))
    charge(datetime(2026, 11, 2, 12, tzinfo=UTC))
    query = "from=2026-10-01&to=2026-11-30&by=month"
    assert "Nov 2026 1 0 Oct 2026 1 0" in text_of(alice_client, f"{URL}?{query}")


def test_a_long_period_is_by_month(alice_client, charge):
    charge(datetime(2026, 11, 2, 12, tzinfo=UTC))
    text = text_of(alice_client, f"{URL}?from=2026-01-01&to=2026-11-30&by=day")
    assert "By month" in text
    assert "Grouped by" not in text


@pytest.mark.parametrize(
    ("parameters", "first", "last"),
    [
        ({}, "2026-10-23", "2026-11-22"),
        ({"period": "nonsense"}, "2026-10-23", "2026-11-22"),
        ({"period": "this-month"}, "2026-11-01", "2026-11-22"),
        ({"period": "last-month"}, "2026-10-01", "2026-10-31"),
        ({"period": "12-months"}, "2025-12-01", "2026-11-22"),
        ({"from": "2026-01-01", "to": "2026-01-31"}, "2026-01-01", "2026-01-31"),
        ({"from": "2026-11-01"}, "2026-11-01", "2026-11-22"),
        ({"from": "2027-01-01"}, "2027-01-01", "2027-01-01"),
        ({"to": "2026-01-31"}, "2026-01-01", "2026-01-31"),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "2026-01-01", "2026-02-01"),
        ({"from": "1970-01-01", "to": "2026-01-01"}, "2015-12-25", "2026-01-01"),
    ],
)
def test_it_knows_which_days_are_meant(parameters, first, last):
    period = read_period(parameters, TODAY)
    assert (str(period.first_day), str(period.last_day)) == (first, last)


def test_the_same_address_gives_the_same_period():
    for parameters in (
        {},
        {"period": "last-month", "by": "month"},
        {"to": "2026-01-31"},
    ):
        period = read_period(parameters, TODAY)
        again = dict(pair.split("=") for pair in period.query.split("&"))
        assert read_period(again, TODAY) == period


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=yesterday", "From is not a date"),
        ("from=2026-02-01&to=2026-01-01", "swapped"),
        ("from=1990-01-01&to=2026-01-01", "last 10 years"),
        ("from=9999-12-31", "From is not a date"),
    ],
)
def test_it_says_what_it_could_not_read(alice_client, organization, query, said):
    assert said in text_of(alice_client, f"{URL}?{query}")


def test_today_is_the_organizations(alice_client, organization, charge):
    organization.time_zone = "Pacific/Kiritimati"
    organization.save()
    today = (timezone.now() + timedelta(hours=14)).date()
    assert f'value="{today}"' in alice_client.get(URL).content.decode()


def test_it_downloads_a_table(alice_client, charge):
    charge(datetime(2026, 11, 2, 12, tzinfo=UTC))
    charge(datetime(2026, 11, 2, 12, tzinfo=UTC), "2.5", "transcription_minutes")
    response = alice_client.get(f"{CSV}?from=2026-11-01&to=2026-11-02")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert (
        'filename="usage-acme-2026-11-01-to-2026-11-02.csv"'
        in response["Content-Disposition"]
    )
    assert response.content.decode().splitlines() == [
        "day,calls,transcription_minutes",
        "2026-11-02,1,2.5000",
        "2026-11-01,0,0",
    ]


def test_it_downloads_months(alice_client, charge):
    charge(datetime(2026, 11, 2, 12, tzinfo=UTC))
    response = alice_client.get(f"{CSV}?from=2026-11-01&to=2026-11-02&by=month")
    assert response.content.decode().splitlines()[1] == "2026-11,1,0"


def test_a_download_is_on_record(alice_client, charge, alice):
    alice_client.get(f"{CSV}?from=2026-11-01&to=2026-11-02")
    entry = AuditEntry.objects.get()
    assert (entry.by, entry.action) == (alice, "data.exported")
    assert entry.subject == "the usage of 2026-11-01 to 2026-11-02"


def test_it_shows_nobody_elses_use(alice_client, charge, other_organization):
    charge(of=other_organization)
    assert "0 calls" in text_of(alice_client)


@pytest.mark.parametrize("url", [URL, CSV])
def test_it_is_for_admins(url, bob_client, dora_client, organization):
    assert bob_client.get(url).status_code == 403
    assert dora_client.get(url).status_code == 200


@pytest.mark.parametrize("url", [URL, CSV])
def test_it_refuses_an_outsider(url, client, charlie_client, organization):
    assert charlie_client.get(url).status_code == 404
    assert client.get(url)["Location"].startswith("/login")


def test_it_asks_the_database_as_often_for_many_as_for_few(
    alice_client, charge, django_assert_max_num_queries
):
    alice_client.get(URL)
    for days in range(50):
        charge(timezone.now() - timedelta(days=days))
    with django_assert_max_num_queries(5):
        alice_client.get(URL)
