from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from accounts.models import ApiKey


def test_it_shows_how_a_key_begins_and_ends(organization, make_key):
    key, text = make_key(organization)
    assert key.masked == f"{text[:10]}…{text[-4:]}"
    assert text not in f"{key} {key!r}"


def test_it_lists_usable_keys_first_and_the_newest_first(
    organization, other_organization, make_key
):
    now = timezone.now()
    for days, name, fields in (
        (1, "revoked", {"revoked_at": now}),
        (2, "new", {}),
        (3, "expired", {"expires_at": now - timedelta(hours=1)}),
        (4, "old", {"expires_at": now + timedelta(hours=1)}),
    ):
        created_at = now - timedelta(days=days)
        make_key(organization, name=name, created_at=created_at, **fields)
    make_key(other_organization, name="of another organization")
    listed = ApiKey.objects.in_organization(organization).listed()
    assert [key.name for key in listed] == ["new", "old", "revoked", "expired"]
    usable = ApiKey.objects.in_organization(organization).usable()
    assert {key.name for key in usable} == {"new", "old"}


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, "active"),
        ({"expires_at": timezone.now() + timedelta(days=1)}, "active"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "expired"),
        ({"revoked_at": timezone.now()}, "revoked"),
    ],
)
def test_it_knows_its_state(fields, state, organization, make_key):
    key, _ = make_key(organization, **fields)
    assert key.state() == state


def test_it_holds_a_digest_once(organization, make_key):
    key, _ = make_key(organization)
    key.pk = None
    key._state.adding = True
    with pytest.raises(IntegrityError):
        key.save()
