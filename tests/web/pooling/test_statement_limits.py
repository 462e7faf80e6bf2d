"""Limits of statements that are said in each transaction, for that one alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from conversations.models import Conversation
from web.db_cursor import on_live_connection, server_binding_cursor
from web.pooling import statement_limits
from web.snapshot import one_snapshot

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def limited() -> Iterator[None]:
    """Have this connection limited as the web's are behind a pooler."""
    connection.ensure_connection()
    statement_limits._limit_transactions_of(connection)
    yield
    connection.execute_wrappers.clear()
    connection.close()


def limits() -> list[str]:
    found = []
    for name in ("statement_timeout", "lock_timeout"):
        with connection.cursor() as cursor:
            cursor.execute(f"SHOW {name}")
            found.append(cursor.fetchone()[0])
    return found


def test_a_statement_of_its_own_is_limited_and_the_session_is_not() -> None:
    assert limits() == ["30s", "5s"]
    left = connection.connection.execute("SHOW statement_timeout").fetchone()
    assert left == ("0",)


def test_a_transaction_is_limited_and_its_savepoints_are() -> None:
    with transaction.atomic():
        assert limits() == ["30s", "5s"]
        with transaction.atomic():
            assert limits() == ["30s", "5s"]
    assert connection.get_autocommit()


def test_shorter_ones_of_a_transaction_stay() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '50ms'")
        with pytest.raises(OperationalError) as error, transaction.atomic():
            cursor.execute("SELECT pg_sleep(5)")
    assert isinstance(error.value.__cause__, QueryCanceled)


def test_a_snapshot_still_chooses_its_isolation() -> None:
    with one_snapshot():
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_isolation")
            assert cursor.fetchone() == ("repeatable read",)
        assert limits() == ["30s", "5s"]


def test_cursors_that_bind_on_the_server_are_limited_too() -> None:
    with server_binding_cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout'), %s::int", [1])
        assert cursor.fetchall() == [("5s", 1)]
    with one_snapshot(), connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('lock_timeout') FROM generate_series(1, 3)"
        )
        assert cursor.fetchall() == [("5s",)] * 3


def test_rows_are_read_and_written_as_ever() -> None:
    assert not Conversation.objects.exists()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        limits()
        raise ZeroDivisionError
    assert connection.get_autocommit()
    assert limits() == ["30s", "5s"]


def test_a_connection_that_died_is_replaced_and_limited_again() -> None:
    limits()
    own = connection.connection.info.backend_pid
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [own])
    other.close()

    def ask() -> list[str]:
        return limits()

    assert on_live_connection(ask, again=ask) == ["30s", "5s"]
    assert connection.connection.info.backend_pid != own
