from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import keys
from accounts.actions import revoke_key
from accounts.key_check import KeyOutcome, check_key
from accounts.models import ApiKey


@pytest.mark.parametrize("header", [None, "", "  ", "\t"])
def test_it_says_that_a_key_is_missing(header):
    check = check_key(header)  # no database here: one query would fail the test
    assert check.outcome is KeyOutcome.MISSING
    assert check.refused
    assert "Authorization: Bearer" in check.detail


# One for all: what tests are called by must be the same in each process.
UNSIGNED = "zelto_" + "A" * 43
A_KEY = UNSIGNED + keys.checksum(UNSIGNED)


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer  ",
        "Bearer None",
        "Bearer sk_live_something",
        "Basic dXNlcjpwYXNz",
        "Bearer zelto_" + "a" * 49,
        "Bearer zelto_" + "é" * 49,
        "Bearer zelto_" + "٣" * 49,
        "Bearer \ud800",
        "Bearer a" + " " * 60_000 + "b",
        A_KEY,
        "Token " + A_KEY,
        "Bearer " + A_KEY + " x",
        "Bearer " + A_KEY + "\n",
        "Bearer " + A_KEY[:-1],
        "Bearer " + A_KEY[1:],
        'Bearer "' + A_KEY + '"',
    ],
)
def test_it_refuses_a_malformed_key_without_a_query(header):
    check = check_key(header)
    assert check.outcome is KeyOutcome.MALFORMED
    assert check.organization_id is None


def test_it_tells_a_typo_from_an_unknown_key():
    key = keys.generate_key()
    typo = key[:20] + ("a" if key[20] != "a" else "b") + key[21:]
    assert check_key(f"Bearer {typo}").outcome is KeyOutcome.MALFORMED


@pytest.mark.django_db
def test_it_says_that_nobody_has_this_key():
    check = check_key(f"Bearer {keys.generate_key()}")
    assert check.outcome is KeyOutcome.UNKNOWN
    assert check.key_id is None


@pytest.mark.parametrize(
    "header", ["Bearer {}", "bearer {}", "BEARER   {}", " Bearer\t{} \t"]
)
def test_it_takes_a_good_key_with_one_query(
    header, organization, make_key, django_assert_num_queries
):
    row, text = make_key(organization, "read")
    with django_assert_num_queries(1):
        check = check_key(header.format(text))
    assert check.outcome is KeyOutcome.GOOD
    assert not check.refused
    assert (check.key_id, check.organization_id) == (row.pk, organization.pk)
    assert check.scope == ApiKey.Scope.READ


def test_it_never_writes_when_a_key_was_used(organization, make_key):
    row, text = make_key(organization)
    check_key(f"Bearer {text}")
    row.refresh_from_db()
    assert row.last_used_at is None


@pytest.mark.parametrize(
    ("scope", "post", "read", "write"),
    [
        ("full", True, True, True),
        ("ingest", True, False, False),
        ("read", False, True, False),
    ],
)
def test_it_knows_what_a_scope_covers(scope, post, read, write, organization, make_key):
    _, text = make_key(organization, scope)
    check = check_key(f"Bearer {text}")
    assert (check.may_post, check.may_read, check.may_write) == (post, read, write)


def test_it_refuses_a_revoked_key_from_the_next_check_on(alice, organization, make_key):
    row, text = make_key(organization)
    assert not check_key(f"Bearer {text}").refused
    revoke_key(key=row, by=alice)
    check = check_key(f"Bearer {text}")
    assert check.outcome is KeyOutcome.REVOKED
    assert (check.key_id, check.organization_id) == (row.pk, organization.pk)
    assert not (check.may_post or check.may_read or check.may_write)


def test_it_refuses_an_expired_key(organization, make_key):
    _, text = make_key(organization, expires_at=timezone.now() - timedelta(seconds=1))
    check = check_key(f"Bearer {text}")
    assert check.outcome is KeyOutcome.EXPIRED
    assert check.organization_id == organization.pk
    assert not check.may_post


def test_it_takes_a_key_that_expires_later(organization, make_key):
    _, text = make_key(organization, expires_at=timezone.now() + timedelta(minutes=1))
    assert not check_key(f"Bearer {text}").refused


def test_it_never_repeats_the_key(organization, make_key):
    _, text = make_key(organization)
    headers = [f"Bearer {text}", f"Bearer {text}x", text, f"Bearer {text[:-1]}?"]
    for header in headers:
        assert text[6:20] not in repr(check_key(header))
