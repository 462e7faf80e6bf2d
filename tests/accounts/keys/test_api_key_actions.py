import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from accounts import keys
from accounts.actions import create_key, rename_key, revoke_key, touch_keys
from accounts.models import ApiKey


def test_it_makes_a_key_and_keeps_only_its_digest(alice, organization):
    key, text = create_key(
        organization=organization, name=" worker ", scope="ingest", by=alice
    )
    assert text is not None
    key.refresh_from_db()
    assert keys.is_well_formed(text)
    assert bytes(key.digest) == keys.digest(text)
    assert (key.prefix, key.last_four) == (text[:10], text[-4:])
    assert (key.name, key.scope, key.made_by) == ("worker", "ingest", alice)
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_apikey::text FROM accounts_apikey")
        assert text[10:-4] not in str(cursor.fetchall())


def test_it_makes_one_key_per_form(alice, organization):
    form_token = uuid4()
    key, text = create_key(
        organization=organization,
        name="one",
        scope="full",
        by=alice,
        form_token=form_token,
    )
    again, nothing = create_key(
        organization=organization,
        name="two",
        scope="read",
        by=alice,
        form_token=form_token,
    )
    assert text is not None
    assert nothing is None
    assert again == key
    assert ApiKey.objects.count() == 1


def test_it_keeps_the_forms_of_two_organizations_apart(
    alice, charlie, organization, other_organization
):
    form_token = uuid4()
    for where, by in ((organization, alice), (other_organization, charlie)):
        _, text = create_key(
            organization=where, name="k", scope="full", by=by, form_token=form_token
        )
        assert text is not None


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_key_of_a_form_sent_several_times_at_once(alice, organization):
    form_token, texts = uuid4(), []
    start = threading.Barrier(6)

    def send():
        start.wait()
        try:
            _, text = create_key(
                organization=organization,
                name="k",
                scope="full",
                by=alice,
                form_token=form_token,
            )
            texts.append(text)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(texts) == 6
    assert len([text for text in texts if text]) == 1
    assert ApiKey.objects.count() == 1


def test_it_refuses_an_unknown_scope(alice, organization):
    with pytest.raises(ValueError, match="everything"):
        create_key(organization=organization, name="k", scope="everything", by=alice)


def test_it_revokes_once_and_remembers_who(alice, dora, organization, make_key):
    key, _ = make_key(organization)
    revoke_key(key=key, by=alice)
    first = key.revoked_at
    revoke_key(key=key, by=dora)
    key.refresh_from_db()
    assert key.state() == "revoked"
    assert (key.revoked_at, key.revoked_by) == (first, alice)


def test_it_renames(alice, organization, make_key):
    key, _ = make_key(organization)
    rename_key(key=key, name=" staging ", by=alice)
    key.refresh_from_db()
    assert key.name == "staging"


def test_it_notes_when_a_key_was_used(organization, make_key):
    key, _ = make_key(organization)
    used_at = timezone.now() - timedelta(hours=1)
    touch_keys(used={key.pk: used_at})
    key.refresh_from_db()
    assert key.last_used_at == used_at


def test_it_writes_a_busy_key_at_most_once_a_minute(organization, make_key):
    used_at = timezone.now()
    key, _ = make_key(organization, last_used_at=used_at)
    old, _ = make_key(organization, last_used_at=used_at - timedelta(minutes=5))
    touch_keys(
        used={
            key.pk: used_at + timedelta(seconds=59),
            old.pk: used_at,
            uuid4(): used_at,
        }
    )
    key.refresh_from_db()
    old.refresh_from_db()
    assert (key.last_used_at, old.last_used_at) == (used_at, used_at)


def test_it_never_turns_the_last_use_back(organization, make_key):
    used_at = timezone.now()
    key, _ = make_key(organization, last_used_at=used_at)
    touch_keys(used={key.pk: used_at - timedelta(days=1)})
    key.refresh_from_db()
    assert key.last_used_at == used_at


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_nobody_when_it_notes_a_use(organization, make_key):
    key, _ = make_key(organization)
    held, done = threading.Event(), threading.Event()

    def hold():
        from django.db import transaction

        with transaction.atomic():
            ApiKey.objects.select_for_update().get(pk=key.pk)
            held.set()
            done.wait(10)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    touch_keys(used={key.pk: timezone.now()})
    done.set()
    thread.join()
    key.refresh_from_db()
    assert key.last_used_at is None
