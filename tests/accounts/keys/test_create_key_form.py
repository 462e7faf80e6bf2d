from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.actions import create_key
from accounts.forms import CreateKeyForm


def form(organization, **fields):
    return CreateKeyForm(
        {"name": "worker", "scope": "full", **fields}, organization=organization
    )


def test_its_fields_make_a_key(alice, organization):
    form_token = "0190f5a0-0000-7000-8000-000000000001"
    filled = form(organization, form_token=form_token)
    assert filled.is_valid()
    key, text = create_key(organization=organization, by=alice, **filled.cleaned_data)
    assert text
    assert key.form_token == UUID(form_token)
    assert (key.name, key.scope, key.expires_at) == ("worker", "full", None)


def test_it_starts_with_full_access_and_a_token_of_its_own(organization):
    first, second = (CreateKeyForm(organization=organization) for _ in range(2))
    assert first["scope"].value() == "full"
    assert UUID(str(first["form_token"].value())) != second["form_token"].value()
    assert first["form_token"].value() == first["form_token"].value()


def test_a_key_works_until_the_end_of_its_last_day(organization):
    organization.time_zone = "America/New_York"
    filled = form(organization, expires_at="2999-06-30")
    assert filled.is_valid()
    assert filled.cleaned_data["expires_at"] == datetime(2999, 7, 1, 4, tzinfo=UTC)


def test_today_is_a_day_like_any_other(organization):
    organization.time_zone = "Pacific/Kiritimati"
    today = timezone.now().astimezone(organization.zone).date()
    assert form(organization, expires_at=today.isoformat()).is_valid()
    yesterday = today - timedelta(days=1)
    assert not form(organization, expires_at=yesterday.isoformat()).is_valid()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", "x" * 256),
        ("name", "two\nlines"),
        ("name", "a\x00"),
        ("scope", "all"),
        ("scope", ""),
        ("expires_at", "2020-01-01"),
        ("expires_at", "9999-12-31"),
        ("expires_at", "soon"),
        ("form_token", "x"),
    ],
)
def test_it_says_which_field_does_not_fit(field, value, organization):
    assert list(form(organization, **{field: value}).errors) == [field]


def test_a_name_may_be_255_characters_long(alice, organization):
    filled = form(organization, name="x" * 255)
    assert filled.is_valid()
    create_key(organization=organization, by=alice, **filled.cleaned_data)
