"""One clock decides on keys and links: the database's, however wrong a host's own is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.actions import (
    InvitationVoid,
    KeyIsOver,
    accept_invitation,
    create_key,
    invite,
    revoke_key,
    roll_key,
)
from accounts.key_check import KeyOutcome, check_key
from accounts.models import ApiKey, Invitation, Organization, User
from integrations.ingest import minute_counter, unknown_keys
from integrations.ingest.rate_limit import count_post
from tests.conftest import MakeKey

HOUR = timedelta(hours=1)
SHIFTS = [timedelta(days=-9), -2 * HOUR, 2 * HOUR, timedelta(days=9)]


def true_now() -> datetime:
    return datetime.now(UTC)


def is_now(moment: datetime | None) -> bool:
    return moment is not None and abs(moment - true_now()) < timedelta(minutes=1)


@pytest.fixture(params=SHIFTS, autouse=True)
def host_clock(
    request: pytest.FixtureRequest, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Set the clock of this host wrong. The database has one of its own."""
    monkeypatch.setattr(timezone, "now", lambda: true_now() + request.param)


def outcome_of(text: str) -> KeyOutcome:
    return check_key(f"Bearer {text}").outcome


def test_a_rolled_key_works_for_its_overlap(
    organization: Organization, alice: User, make_key: MakeKey
) -> None:
    old, text = make_key(organization)
    new, new_text = roll_key(key=old, overlap=HOUR, by=alice)
    assert new_text
    assert outcome_of(text) is outcome_of(new_text) is KeyOutcome.GOOD
    assert old.expires_at and is_now(old.expires_at - HOUR)
    assert is_now(new.created_at)


def test_a_new_key_lives_as_long_as_the_one_before(
    organization: Organization, alice: User
) -> None:
    end = true_now() + 5 * HOUR
    old, _ = create_key(
        organization=organization,
        name="worker",
        scope=ApiKey.Scope.FULL,
        by=alice,
        expires_at=end,
    )
    assert is_now(old.created_at)
    new, text = roll_key(key=old, overlap=timedelta(0), by=alice)
    assert text and outcome_of(text) is KeyOutcome.GOOD
    assert new.expires_at and is_now(new.expires_at - 5 * HOUR)


def test_what_is_expired_is_not_rolled(
    organization: Organization, alice: User, make_key: MakeKey
) -> None:
    over, _ = make_key(organization, expires_at=true_now() - HOUR)
    with pytest.raises(KeyIsOver):
        roll_key(key=over, overlap=HOUR, by=alice)


def test_the_moment_of_a_revocation_is_the_databases(
    organization: Organization, alice: User, make_key: MakeKey
) -> None:
    key, _ = make_key(organization)
    revoke_key(key=key, by=alice)
    assert is_now(key.revoked_at)


def test_the_page_of_a_key_says_what_the_check_says(
    organization: Organization, alice_client, make_key: MakeKey
) -> None:
    good, _ = make_key(organization, expires_at=true_now() + HOUR)
    over, _ = make_key(organization, expires_at=true_now() - HOUR)
    for key, word in ((good, "Active"), (over, "Expired")):
        page = alice_client.get(f"/org/acme/settings/integrations/api/keys/{key.pk}")
        assert f">{word}<" in page.content.decode()


def test_an_invitation_holds_for_seven_days(
    organization: Organization, alice: User, charlie: User, charlie_client
) -> None:
    invited = invite(
        organization=organization, email=charlie.email, role="member", by=alice
    )
    assert is_now(invited.invitation.created_at)
    assert is_now(invited.invitation.expires_at - timedelta(days=7))
    assert invited.link
    path = "/invitation/" + invited.link.rpartition("/")[2]
    assert b"Join as charlie" in charlie_client.get(path).content
    Invitation.objects.update(expires_at=true_now() - HOUR)
    assert charlie_client.get(path).status_code == 410
    with pytest.raises(InvitationVoid):
        accept_invitation(invitation=invited.invitation, by=charlie)
    Invitation.objects.update(expires_at=true_now() + HOUR)
    accept_invitation(invitation=invited.invitation, by=charlie)
    assert is_now(Invitation.objects.get().accepted_at)


def test_posts_with_an_unknown_key_are_seen_lately() -> None:
    minute_counter.add(unknown_keys.SCOPE, 3)
    assert unknown_keys.seen_lately() == 3


def test_the_use_of_a_key_by_a_program_is_noted(
    organization: Organization, client, make_key: MakeKey
) -> None:
    key, text = make_key(organization, last_used_at=true_now() - HOUR)
    client.get("/v1/agents", headers={"Authorization": f"Bearer {text}"})
    key.refresh_from_db()
    assert is_now(key.last_used_at)


def test_a_limit_says_when_the_databases_minute_ends(
    organization: Organization,
    settings: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.RATE_PER_MINUTE = 5  # type: ignore[attr-defined]
    late = true_now() + timedelta(seconds=30)
    monkeypatch.setattr(timezone, "now", lambda: late)
    before = true_now().second
    rate = count_post(organization.id)
    assert rate and rate.resets_in in {60 - before, 60 - true_now().second}
