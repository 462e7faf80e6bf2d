"""What somebody waits for is cut off by the database; work behind it is not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection

from accounts.models import ApiKey, Organization
from integrations.models import Delivery
from tests.conftest import MakeKey

SHOW = """
from django.db import connection
with connection.cursor() as cursor:
    for name in ("statement_timeout", "lock_timeout"):
        cursor.execute(f"SHOW {name}")
        print(*cursor.fetchone())
"""


def timeouts(load: str, **variables: str) -> list[str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "zelto.settings"}
    environment.pop("PGOPTIONS", None)
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", load + SHOW],
        env=environment | variables,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.split()


def test_the_web_server_waits_so_long_and_no_longer() -> None:
    assert timeouts("import zelto.wsgi") == ["30s", "5s"]


def test_it_does_so_behind_a_pooler_where_it_says_nothing_while_connecting() -> None:
    said = "import os, zelto.wsgi; assert 'PGOPTIONS' not in os.environ"
    assert timeouts(said, ZELTO_TRANSACTION_POOLING="true") == ["30s", "5s"]


def test_workers_and_commands_may_take_their_time() -> None:
    assert timeouts("import django; django.setup()") == ["0", "0"]
    assert timeouts("import zelto.celery, django; django.setup()") == ["0", "0"]


def test_an_operator_may_set_others_or_none() -> None:
    own = "-c statement_timeout=9s"
    assert timeouts("import zelto.wsgi", PGOPTIONS=own) == ["9s", "0"]
    assert timeouts("import zelto.wsgi", PGOPTIONS="") == ["0", "0"]


@pytest.fixture
def limited() -> Iterator[Callable[[str], None]]:
    """`limited("lock_timeout")` lets this connection wait for a moment only."""

    def limit(name: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET {name} = '100ms'")

    yield limit
    connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("timeout", ["statement_timeout", "lock_timeout"])
@pytest.mark.parametrize("model", [Delivery, ApiKey])
def test_a_post_that_is_cut_off_is_asked_to_come_again(
    organization: Organization,
    make_key: MakeKey,
    client: Any,
    limited: Callable[[str], None],
    timeout: str,
    model: Any,
) -> None:
    key = make_key(organization)[1]
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)

    def post() -> Any:
        return client.post(
            "/webhooks/calls",
            {"call": {"externalId": "c"}, "agent": {"externalId": "a"}},
            content_type="application/json",
            headers={"Authorization": f"Bearer {key}"},
        )

    limited(timeout)
    with psycopg.connect(**parameters) as other:
        other.execute(f"LOCK TABLE {model._meta.db_table}")
        answer = post()
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "2"
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == 503
    assert post().status_code == 200
    assert Delivery.objects.count() == 1
