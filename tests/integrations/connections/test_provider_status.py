"""The state of a provider's connection, by what is in the rows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import actions
from conversations.models import Conversation
from integrations.connections.provider_status import ProviderState, provider_connection
from integrations.models import Delivery
from integrations.settings_pages.actions import send_test_session
from tests.integrations.conftest import session

LIVEKIT = {"X-Zelto-Provider": "livekit"}
MISFIT = session("call-bad", transcript={"turns": [{"role": "agent"}]})


@pytest.fixture
def livekit(organization):
    """The LiveKit connection as it is now."""
    return lambda: provider_connection(organization, "livekit")


def test_it_is_not_connected_without_a_key(livekit):
    connection = livekit()
    assert connection.state is ProviderState.NOT_CONNECTED
    assert connection.word == "Not connected"
    assert not connection.has_posted


def test_a_key_that_may_post_makes_it_wait(livekit, organization, make_key):
    make_key(organization, scope="ingest")
    assert livekit().state is ProviderState.WAITING


def test_a_key_that_may_only_read_does_not(livekit, organization, make_key):
    make_key(organization, scope="read")
    assert livekit().state is ProviderState.NOT_CONNECTED


@pytest.mark.parametrize("field", ["revoked_at", "expires_at"])
def test_a_key_that_opens_nothing_does_not(livekit, organization, make_key, field):
    make_key(organization, **{field: timezone.now() - timedelta(seconds=1)})
    assert livekit().state is ProviderState.NOT_CONNECTED


def test_a_key_that_expires_later_does(livekit, organization, make_key):
    make_key(organization, expires_at=timezone.now() + timedelta(hours=1))
    assert livekit().state is ProviderState.WAITING


def test_another_organizations_key_does_not(livekit, other_organization, make_key):
    make_key(other_organization)
    assert livekit().state is ProviderState.NOT_CONNECTED


def test_a_stored_session_is_not_yet_active_but_not_silent(livekit, post):
    post(session(), **LIVEKIT)
    connection = livekit()
    assert connection.state is ProviderState.WAITING
    assert connection.stored_at is not None
    assert connection.has_posted
    assert not connection.is_stuck


def test_what_waits_for_long_is_stuck(livekit, post):
    post(session(), **LIVEKIT)
    Delivery.objects.update(received_at=timezone.now() - timedelta(minutes=1))
    assert livekit().is_stuck


def test_the_first_processed_session_makes_it_active(livekit, post, process):
    post(session(), **LIVEKIT)
    process()
    connection = livekit()
    assert connection.state is ProviderState.ACTIVE
    assert connection.last_session.external_id == "call-1"
    assert connection.last_session.agent.external_id == "front-desk"
    assert connection.today == 1
    assert connection.stored_at is None


def test_it_stays_active_for_good(livekit, post, process):
    post(session(), **LIVEKIT)
    process()
    Conversation.objects.all().delete()
    connection = livekit()
    assert connection.state is ProviderState.ACTIVE
    assert connection.last_session is None


def test_a_call_of_another_provider_does_not_count(
    livekit, organization, post, process
):
    post(session())
    process()
    assert livekit().state is ProviderState.WAITING
    assert provider_connection(organization, "zelto").is_active


def test_a_test_session_does_not_make_it_active(
    livekit, organization, alice, process, monkeypatch
):
    monkeypatch.setattr("integrations.settings_pages.actions.wake_worker", lambda: None)
    send_test_session(organization=organization, by=alice)
    assert livekit().state is ProviderState.NOT_CONNECTED
    assert livekit().stored_at is None
    process()
    connection = livekit()
    assert connection.state is ProviderState.NOT_CONNECTED
    assert connection.last_session is None
    assert connection.today == 0


def test_the_day_begins_at_midnight_of_the_organization(
    livekit, organization, post, process
):
    organization.time_zone = "Pacific/Kiritimati"  # UTC+14
    organization.save()
    for number in range(3):
        post(session(f"call-{number}"), **LIVEKIT)
    process()
    midnight = (
        timezone.now()
        .astimezone(organization.zone)
        .replace(hour=0, minute=0, second=0, microsecond=0)
    )
    newest, second, _ = Conversation.objects.newest_first()
    Conversation.objects.filter(pk=newest.pk).update(created_at=midnight)
    Conversation.objects.filter(pk=second.pk).update(
        created_at=midnight - timedelta(seconds=1)
    )
    Conversation.objects.exclude(pk__in=[newest.pk, second.pk]).update(
        created_at=midnight - timedelta(days=2)
    )
    assert livekit().today == 1


def test_it_notices_that_no_key_can_post_any_more(livekit, alice, post, process):
    post(session(), **LIVEKIT)
    process()
    assert not livekit().lacks_a_key
    for key in alice.memberships.get().organization.api_keys.all():
        actions.revoke_key(key=key, by=alice)
    connection = livekit()
    assert connection.is_active
    assert connection.lacks_a_key
    assert connection.needs_a_look


def test_a_refusal_newer_than_the_last_session_shows(livekit, post, process):
    post(session(), **LIVEKIT)
    process()
    post(MISFIT, **LIVEKIT)
    refusals = livekit().refusals
    assert refusals.count == 1
    assert refusals.newest.status == 422
    assert "role" in refusals.newest.reason
    assert refusals.advice.status == 422


def test_a_refusal_older_than_the_last_session_is_history(livekit, post, process):
    post(MISFIT, **LIVEKIT)
    post(session(), **LIVEKIT)
    process()
    assert livekit().refusals is None


def test_folded_refusals_are_counted(livekit, organization, make_key, post):
    text = make_key(organization, scope="read")[1]
    for _ in range(3):
        post(session(), key=text, **LIVEKIT)
    refusals = livekit().refusals
    assert refusals.count == 3
    assert not refusals.there_are_more
    assert refusals.advice.status == 403


def test_a_refusal_that_joins_an_older_row_is_newer_than_the_session(
    livekit, organization, make_key, post, process
):
    text = make_key(organization, scope="read")[1]
    post(session(), key=text, **LIVEKIT)
    post(session(), **LIVEKIT)
    process()
    assert livekit().refusals is None
    row = Delivery.objects.get(status=403)
    post(session(), key=text, **LIVEKIT)
    newest = livekit().refusals.newest
    assert newest.newest_at > Conversation.objects.get().created_at
    if Delivery.objects.filter(status=403).count() == 1:  # not at the turn of a minute
        assert newest.pk == row.pk
        assert newest.received_at == row.received_at


def test_more_refusals_than_are_read_are_said_to_be_more(livekit, post, monkeypatch):
    monkeypatch.setattr("integrations.connections.recent_failures.MAX_READ", 2)
    for _ in range(3):
        post(MISFIT, **LIVEKIT)
    refusals = livekit().refusals
    assert refusals.count == 2
    assert refusals.there_are_more


def test_a_refusal_with_an_unknown_provider_shows_too(livekit, post):
    post(session(), **{"X-Zelto-Provider": "livekitt"})
    assert livekit().refusals.newest.status == 400


def test_a_refusal_of_another_provider_does_not_show(livekit, post):
    post(MISFIT)
    assert livekit().refusals is None


def test_another_organizations_refusal_does_not_show(
    livekit, other_organization, make_key, post
):
    post(MISFIT, key=make_key(other_organization)[1], **LIVEKIT)
    assert livekit().refusals is None


def test_a_session_that_could_not_be_read_shows(livekit, post):
    post(session(), **LIVEKIT)
    Delivery.objects.update(outcome="failed", reason="The database refused it.")
    refusals = livekit().refusals
    assert refusals.newest.reason == "The database refused it."
    assert "Nothing is lost" in refusals.advice.action


def test_it_never_reads_a_body(livekit, post):
    post(MISFIT, **LIVEKIT)
    assert "body" in livekit().refusals.newest.get_deferred_fields()


def test_it_takes_the_same_few_queries_whatever_there_is(
    livekit, post, process, django_assert_num_queries
):
    with django_assert_num_queries(6):
        livekit()
    for number in range(5):
        post(session(f"call-{number}"), **LIVEKIT)
        process()
        post(MISFIT, **LIVEKIT)
    # And where in the log the time since the last session begins.
    with django_assert_num_queries(7):
        connection = livekit()
        assert connection.last_session.agent.display_name == "front-desk"
