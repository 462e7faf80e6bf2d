"""A connection that dies between the commit and its answer: what was written counts
once, and whoever posted hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test import Client, override_settings

from accounts.models import ApiKey
from conversations.models import Conversation
from integrations.delivery_log import append as delivery_log
from integrations.models import Delivery, MinuteTally
from tests.conversations.recordings.sounds import write_sound
from tests.integrations.conftest import Post, session
from tests.integrations.ingest.lossy_proxy import LossyProxy
from tests.zelto.stack import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

WAIT = 20.0


@pytest.fixture
def direct(db: None) -> Iterator[psycopg.Connection[Any]]:
    """A connection that loses nothing."""
    parameters = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    with psycopg.connect(**{n: parameters[n] for n in names if n in parameters}) as one:
        yield one


@pytest.fixture
def proxy(
    direct: psycopg.Connection[Any], transactional_db: None
) -> Iterator[LossyProxy]:
    """Every connection that is opened from now on goes through it."""
    before = dict(connection.settings_dict)
    proxy = LossyProxy(before)
    connection.close()
    connection.settings_dict.update(proxy.address)
    yield proxy
    connection.close()
    connection.settings_dict.update(before)
    proxy.close()


def rows_of(external_id: str) -> int:
    return Delivery.objects.filter(external_id=external_id).count()


@pytest.mark.parametrize(
    "tags", [[b"INSERT 0 1"], [b"INSERT 0 1", b"INSERT 0 0"]], ids=["once", "twice"]
)
def test_a_post_that_is_stored_is_answered_so(
    post: Post, proxy: LossyProxy, tags: list[bytes]
) -> None:
    assert post(session("before")).status_code == 200
    proxy.lose(tags)

    answer = post(session("call-1"))

    assert proxy.lost == len(tags)
    # Where the second try is cut off too, the database is away.
    assert answer.status_code == (200 if len(tags) == 1 else 503)
    connection.close()  # as at the end of a request
    assert rows_of("call-1") == 1


def test_a_post_is_stored_where_its_key_went_after_it_was(
    post: Post, proxy: LossyProxy, direct: psycopg.Connection[Any]
) -> None:
    """The first try stored it with a good key; the second one finds it revoked."""
    assert post(session("before")).status_code == 200
    direct.execute(
        "CREATE FUNCTION revoke_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "UPDATE accounts_apikey SET revoked_at = now(); RETURN NULL; END $$"
    )
    direct.execute(
        "CREATE TRIGGER revoke_it AFTER INSERT ON integrations_delivery "
        "EXECUTE FUNCTION revoke_it()"
    )
    direct.commit()
    try:
        proxy.lose([b"INSERT 0 1"])
        assert post(session("call-1")).status_code == 200
    finally:
        direct.execute("DROP FUNCTION revoke_it CASCADE")
        direct.commit()
    assert ApiKey.objects.get().revoked_at
    assert rows_of("call-1") == 1


@pytest.mark.parametrize(
    "tags", [[b"INSERT 0 3"], [b"INSERT 0 3", b"INSERT 0 0"]], ids=["once", "twice"]
)
def test_what_several_threads_posted_together_is_answered_to_each(
    post: Post, proxy: LossyProxy, direct: psycopg.Connection[Any], tags: list[bytes]
) -> None:
    assert post(session("before")).status_code == 200
    direct.execute("LOCK TABLE integrations_delivery IN SHARE MODE")
    waiting = delivery_log._group._waiting

    def send(number: int) -> int:
        try:
            return int(post(session(f"call-{number}")).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(send, 0)]
        wait_for(lambda: delivery_log._group._writing, WAIT, what="one writes")
        answers += [pool.submit(send, number) for number in (1, 2, 3)]
        wait_for(lambda: len(waiting) == 3, WAIT, what="the others gather")
        proxy.lose(tags)
        direct.rollback()
        statuses = [one.result(WAIT) for one in answers]

    assert proxy.lost == len(tags)
    assert statuses == [200] * 4
    assert [rows_of(f"call-{number}") for number in range(4)] == [1] * 4


def test_a_post_counts_once_against_the_rate(post: Post, proxy: LossyProxy) -> None:
    with override_settings(RATE_PER_MINUTE=100):
        assert post(session("before")).status_code == 200
        proxy.lose([b"INSERT 0 1"])
        answer = post(session("call-1"))
    assert proxy.lost == 1
    assert answer.status_code == 200
    assert rows_of("call-1") == 1
    posted = MinuteTally.objects.filter(scope__startswith="posted ")
    assert sum(posted.values_list("count", flat=True)) == 2


@pytest.mark.parametrize("body", [{"call": {}}, b"x" * 200], ids=["kept", "folded"])
def test_a_refusal_counts_once(post: Post, proxy: LossyProxy, body: Any) -> None:
    with override_settings(MAX_BODY_BYTES=100):
        proxy.lose([b"INSERT 0 1"])
        # Sent again, it is another post.
        assert post(body).status_code == 503
        connection.close()
    assert proxy.lost == 1
    assert sum(Delivery.objects.values_list("count", flat=True)) == 1


def test_an_upload_whose_call_is_stored_goes_on(
    key: str, proxy: LossyProxy, tmp_path: Path
) -> None:
    sound = write_sound(tmp_path / "sound.ogg").read_bytes()
    call = b'{"call": {"externalId": "call-1"}, "agent": {"externalId": "a"}}'
    proxy.lose([b"INSERT 0 1"])

    answer = Client().post(
        "/v1/conversations",
        {
            "call": SimpleUploadedFile("call.json", call, "application/json"),
            "file": SimpleUploadedFile("sound.ogg", sound, "audio/ogg"),
        },
        headers={"Authorization": f"Bearer {key}"},
    )

    assert proxy.lost == 1
    assert answer.status_code == 202, answer.content
    assert rows_of("call-1") == 1
    assert Conversation.objects.get().has_audio
