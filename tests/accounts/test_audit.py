import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from accounts import audit, keys
from accounts.actions import (
    accept_invitation,
    change_organization,
    change_role,
    create_key,
    invite,
    provision,
    remove_member,
    rename_key,
    revoke_invitation,
    revoke_key,
)
from accounts.models import AuditAction, AuditEntry, Invitation, Membership, User


def entries(organization):
    return list(
        AuditEntry.objects.in_organization(organization)
        .order_by("id")
        .values_list("action", "by__email", "subject")
    )


def note(organization, by, *, action=AuditAction.BODY_OPENED, **fields):
    fields.setdefault("subject", "call-1")
    return audit.record(organization=organization, by=by, action=action, **fields)


def test_it_notes_who_did_what_on_what_and_when(organization, alice):
    entry = note(organization, alice, detail={"id": "1"})
    entry.refresh_from_db()
    assert (entry.by, entry.actor) == (alice, "alice@example.org")
    assert (entry.action, entry.subject) == ("body.opened", "call-1")
    assert entry.detail == {"id": "1"}
    assert entry.created_at


def test_it_notes_the_key_of_a_program(organization, make_key):
    key, text = make_key(organization, name="nightly")
    entry = note(organization, None, key=key)
    assert (entry.by, entry.key) == (None, key)
    assert entry.actor.startswith("nightly (zelto_")
    assert text not in entry.actor


def test_it_refuses_an_unknown_action(organization, alice):
    with pytest.raises(ValueError, match="nonsense"):
        note(organization, alice, action="nonsense")


def test_it_masks_a_key_that_was_pasted_where_a_name_belongs(organization, alice):
    text = keys.generate_key()
    entry = note(
        organization, alice, subject=f"my {text}", detail={"a": [{"b": text}], text: 1}
    )
    entry.refresh_from_db()
    kept = f"{entry.subject} {json.dumps(entry.detail, ensure_ascii=False)}"
    assert text not in kept
    assert kept.count(f"{text[:10]}…{text[-4:]}") == 3


def test_it_holds_what_postgres_cannot(organization, alice):
    entry = note(
        organization, alice, subject="a\x00b\ud800", detail={"c": "\x00", "d": 1.5}
    )
    entry.refresh_from_db()
    assert entry.subject == "a\ufffdb?"
    assert entry.detail == {"c": "\ufffd", "d": "1.5"}


def test_it_cuts_what_is_long(organization, alice):
    assert len(note(organization, alice, subject="é" * 5000).subject) == 300


def test_it_is_gone_where_the_write_did_not_happen(organization, alice):
    with pytest.raises(RuntimeError), transaction.atomic():
        note(organization, alice)
        raise RuntimeError
    assert entries(organization) == []


def test_nothing_changes_an_entry(organization, alice):
    note(organization, alice)
    changes: list[dict[str, Any]]
    changes = [{"subject": "x"}, {"action": "x"}, {"actor": "x"}, {"detail": []}]
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            AuditEntry.objects.update(**change)
    assert entries(organization) == [("body.opened", "alice@example.org", "call-1")]


def test_nothing_gives_an_entry_to_somebody_else(organization, alice, bob):
    note(organization, alice)
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.update(by=bob)


def test_nothing_deletes_an_entry(organization, alice):
    note(organization, alice)
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.all().delete()
        connection.check_constraints()


def test_an_entry_outlives_the_account_that_made_it(organization, alice):
    note(organization, alice)
    alice.delete()
    entry = AuditEntry.objects.get()
    assert (entry.by, entry.actor) == (None, "alice@example.org")


def test_entries_go_with_their_organization(organization, alice, make_key):
    note(organization, alice, key=make_key(organization)[0])
    organization.delete()
    connection.check_constraints()
    assert not AuditEntry.objects.exists()


def test_opening_the_same_again_and_again_is_one_entry(organization, alice, dora):
    def open_recording(by, subject="call-1"):
        audit.record_opening(
            organization=organization,
            by=by,
            action=AuditAction.RECORDING_OPENED,
            subject=subject,
            detail={"id": "1"},
        )

    for _ in range(3):
        open_recording(alice)
    open_recording(dora)
    open_recording(alice, "call-2")
    assert len(entries(organization)) == 3


def test_opening_it_an_hour_later_is_another_entry(organization, alice, monkeypatch):
    opening: dict[str, Any] = {
        "organization": organization,
        "by": alice,
        "action": AuditAction.RECORDING_OPENED,
        "subject": "call-1",
    }
    audit.record_opening(**opening)
    monkeypatch.setattr(audit, "SAME_OPENING", timedelta(0))
    audit.record_opening(**opening)
    assert len(entries(organization)) == 2


def test_keys_are_on_record(organization, alice, dora):
    key, text = create_key(
        organization=organization, name="worker", scope="ingest", by=alice
    )
    rename_key(key=key, name="staging", by=dora)
    rename_key(key=key, name="staging", by=dora)
    revoke_key(key=key, by=dora)
    revoke_key(key=key, by=alice)
    assert entries(organization) == [
        ("key.created", "alice@example.org", "worker"),
        ("key.renamed", "dora@example.org", "staging"),
        ("key.revoked", "dora@example.org", "staging"),
    ]
    assert text is not None
    details = str(list(AuditEntry.objects.values_list("detail", flat=True)))
    assert text not in details
    assert "ingest" in details
    assert "worker" in details


def test_a_form_sent_twice_is_one_entry(organization, alice):
    token = uuid4()
    for _ in range(2):
        create_key(
            organization=organization,
            name="k",
            scope="full",
            by=alice,
            form_token=token,
        )
    assert len(entries(organization)) == 1


def test_coming_and_going_is_on_record(organization, alice, charlie):
    invite(
        organization=organization, email="charlie@example.org", role="admin", by=alice
    )
    accept_invitation(invitation=Invitation.objects.get(), by=charlie)
    membership = Membership.objects.get(organization=organization, user=charlie)
    change_role(membership=membership, role="member", by=alice)
    remove_member(membership=membership, by=charlie)
    assert entries(organization) == [
        ("member.invited", "alice@example.org", "charlie@example.org"),
        ("member.joined", "charlie@example.org", "charlie@example.org"),
        ("member.role_changed", "alice@example.org", "charlie@example.org"),
        ("member.removed", "charlie@example.org", "charlie@example.org"),
    ]


def test_the_link_of_an_invitation_is_on_no_record(organization, alice):
    link = invite(
        organization=organization, email="eve@example.org", role="member", by=alice
    ).link
    assert link is not None
    assert link.rpartition("/")[2] not in str(AuditEntry.objects.values())


def test_a_revoked_invitation_is_on_record(organization, alice, dora):
    invite(organization=organization, email="eve@example.org", role="admin", by=dora)
    invite(organization=organization, email="fay@example.org", role="member", by=dora)
    revoke_invitation(
        invitation=Invitation.objects.get(email="eve@example.org"), by=alice
    )
    membership = Membership.objects.get(user=dora)
    change_role(membership=membership, role="member", by=alice)
    assert entries(organization)[2:] == [
        ("invitation.revoked", "alice@example.org", "eve@example.org"),
        ("member.role_changed", "alice@example.org", "dora@example.org"),
        ("invitation.revoked", "alice@example.org", "fay@example.org"),
    ]


def test_a_changed_organization_is_on_record_with_what_changed(organization, alice):
    fields = {"name": "Acme", "slug": "acme", "time_zone": "Europe/Berlin"}
    for _ in range(2):
        change_organization(organization=organization, by=alice, **fields)
    assert entries(organization) == [
        ("organization.changed", "alice@example.org", "Acme")
    ]
    assert AuditEntry.objects.get().detail == {
        "changed": {"time_zone": ["UTC", "Europe/Berlin"]}
    }


def test_what_a_script_provisions_is_on_record(db):
    User.objects.create_user("ada@example.org", "a long walk by the river")
    made = [
        provision(
            organization_name="Acme",
            email=email,
            password="a long walk by the river",
            role="owner",
            key_name="worker",
        )
        for email in ("ada@example.org", "ada@example.org", "bea@example.org")
    ]
    assert entries(made[0].organization) == [
        ("organization.created", "ada@example.org", "Acme"),
        ("key.created", "ada@example.org", "worker"),
        ("member.joined", "bea@example.org", "bea@example.org"),
    ]


def test_it_keeps_organizations_apart(organization, other_organization, alice, charlie):
    note(organization, alice)
    note(other_organization, charlie)
    assert len(entries(organization)) == 1
