"""Behind a pooler that hands out connections by the transaction all is as without one.

Debian's PgBouncer; `make test` installs it.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import psycopg
import pytest

from tests.browser.walk import find_pages, log_in
from tests.conversations.recordings.sounds import write_sound
from tests.private_authority import PrivateAuthority
from tests.zelto.faults.ledger import (
    assert_all_there_once,
    assert_as_sent,
    wait_until_processed,
)
from tests.zelto.faults.load import (
    Senders,
    body,
    connect,
    get,
    post,
    provision,
    request,
)
from tests.zelto.own_server import OwnServer
from tests.zelto.proxies.pgbouncer import (
    SERVERS,
    PgBouncer,
    readable_copy,
    with_parameters,
)
from tests.zelto.stack import CHECKOUT, SHORT_LEASE, Stack, wait_for
from zelto.embedded.postgres import connect_as_superuser
from zelto.embedded.postgres_config import DATABASE, default_socket_folder

pytestmark = pytest.mark.processes
POOLED = SHORT_LEASE | {"ZELTO_TRANSACTION_POOLING": "true"}
FILES = "SELECT count(*) FROM conversations_recording WHERE state = 'done'"
FINDABLE = "SELECT count(*) FROM conversations_searchjob"
KEPT_IN_A_SESSION = ("statement_timeout", "lock_timeout", "work_mem", "TimeZone")
# Sessions begin in another time zone than the one that Zelto's are to have.
ELSEWHERE = "Asia/Kolkata"
Ask = Callable[..., list[tuple[object, ...]]]


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    with OwnServer() as server:
        elsewhere = f"ALTER DATABASE {DATABASE} SET timezone TO '{ELSEWHERE}'"
        with connect_as_superuser(default_socket_folder(server.data_dir)) as connection:
            connection.execute(elsewhere.encode())
        yield server


@pytest.fixture(scope="module")
def pooler(server: OwnServer) -> Iterator[PgBouncer]:
    with PgBouncer(server) as pooler:
        yield pooler


@pytest.fixture(scope="module")
def stack(pooler: PgBouncer) -> Iterator[Stack]:
    """A new installation: its migrations went through the pooler, too."""
    with Stack(environment=POOLED, database_url=pooler.url, fresh=True) as stack:
        yield stack


@pytest.fixture(scope="module")
def key(stack: Stack) -> str:
    key: str = provision(stack)["apiKey"]
    return key


@pytest.fixture
def ask(server: OwnServer) -> Iterator[Ask]:
    """Return `ask("SELECT …", value)`, which asks the database past the pooler."""
    with psycopg.connect(server.url, autocommit=True) as connection:

        def query(statement: str, *values: object) -> list[tuple[object, ...]]:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

        yield query


@pytest.fixture
def browser(stack: Stack, key: str) -> OpenerDirector:
    browser = build_opener(HTTPCookieProcessor())
    log_in(browser, stack.url)
    return browser


def test_what_senders_post_is_all_there_once(stack: Stack, key: str, ask: Ask) -> None:
    with Senders(stack.port, key, threads=8, reposts=0.3, keep_alive=True) as senders:
        senders.wait_for_more(300)
    assert senders.answers.keys() == {200}
    assert not senders.unanswered
    wait_until_processed(ask)
    assert_all_there_once(ask, senders.acknowledged)
    assert_as_sent(ask, senders.revisions)


def test_every_page_is_shown(stack: Stack, key: str) -> None:
    assert post(stack.port, key, body("shown")) == 200
    # Each is opened as it is found; one that fails raises.
    assert len(find_pages(stack)) > 20
    for path in ("/healthz", "/readyz", "/metrics"):
        assert get(stack.port, path).status == 200, path


def test_moments_are_those_of_the_clock(stack: Stack, key: str, ask: Ask) -> None:
    assert post(stack.port, key, body("timed")) == 200
    wait_until_processed(ask)
    headers = {"Authorization": f"Bearer {key}"}
    for _ in range(SERVERS * 2):
        answer = get(stack.port, "/v1/conversations?limit=5", **headers)
        for found in json.loads(answer.content)["data"]:
            created = datetime.fromisoformat(found["createdAt"])
            assert abs(datetime.now(UTC) - created) < timedelta(minutes=15)


def test_words_are_found_and_exported(
    stack: Stack, key: str, ask: Ask, browser: OpenerDirector
) -> None:
    session = body("found")
    session["transcript"]["turns"][1]["content"] = "Where is my marmalade?"
    assert post(stack.port, key, session) == 200
    wait_until_processed(ask)
    wait_for(lambda: ask(FINDABLE) == [(0,)], 30, what="all is findable")
    pages = f"{stack.url}/org/acme/conversations"
    with browser.open(f"{pages}?q=marmalade") as page:
        assert "marmalade" in page.read().decode()
    with browser.open(f"{pages}/export/file?format=jsonl&q=marmalade") as file:
        (line,) = file.read().decode().splitlines()
    assert json.loads(line)["referenceId"] == "found"


def test_a_recording_is_uploaded_and_kept(
    stack: Stack, key: str, ask: Ask, tmp_path: Path
) -> None:
    sound = write_sound(tmp_path / "a.ogg", 2.0).read_bytes()
    call = json.dumps(body("uploaded") | {"transcript": {"turns": []}})
    parts = (
        f'--X\r\nContent-Disposition: form-data; name="call"\r\n\r\n{call}\r\n'
        '--X\r\nContent-Disposition: form-data; name="file"; filename="a.ogg"\r\n\r\n'
    )
    content = parts.encode() + sound + b"\r\n--X--\r\n"
    with closing(http.client.HTTPConnection("127.0.0.1", stack.port)) as connection:
        connection.request(
            "POST",
            "/v1/conversations",
            content,
            {
                "Authorization": f"Bearer {key}",
                "Content-Type": "multipart/form-data; boundary=X",
            },
        )
        answer = connection.getresponse()
        assert answer.status in {200, 201, 202}, answer.read()
    wait_for(lambda: ask(FILES) == [(1,)], 30, what="the recording is kept")


def test_commands_work(stack: Stack, key: str) -> None:
    assert post(stack.port, key, body("rebuilt")) == 200
    stack.manage("rebuild", "--organization", "acme")
    stack.manage("prepare")
    stack.manage("migrate", "--check")


@pytest.mark.parametrize("table", ["integrations_delivery", "accounts_apikey"])
def test_a_statement_waits_no_longer_for_a_lock_than_without_a_pooler(
    table: str, stack: Stack, key: str, server: OwnServer
) -> None:
    with psycopg.connect(server.url) as other:
        other.execute(f"LOCK TABLE {table}")
        began = time.monotonic()
        with closing(connect(stack.port)) as connection:
            content = json.dumps(body("held up"))
            headers = {
                "Authorization": f"Bearer {key}",
                "Content-Type": "application/json",
            }
            answer = request(connection, "POST", "/webhooks/calls", content, **headers)
        assert answer.asks_to_come_again
        assert time.monotonic() - began < 20
    assert post(stack.port, key, body("held up")) == 200


def test_nothing_is_left_in_a_connection_for_whoever_has_it_next(
    stack: Stack, key: str, pooler: PgBouncer, ask: Ask
) -> None:
    """After all that the tests above did: migrations, pages, posts, work."""
    usual = {name: ask(f"SHOW {name}")[0][0] for name in KEPT_IN_A_SESSION}
    with ExitStack() as held:
        for _ in range(SERVERS):
            one = held.enter_context(psycopg.connect(pooler.url))
            found = {
                name: one.execute(f"SHOW {name}").fetchall()[0][0]
                for name in KEPT_IN_A_SESSION
            }
            assert found == usual
            statements = "SELECT count(*) FROM pg_prepared_statements"
            assert one.execute(statements).fetchall() == [(0,)]


def test_all_goes_on_after_the_pooler_was_killed(
    stack: Stack, key: str, pooler: PgBouncer, ask: Ask
) -> None:
    with Senders(stack.port, key, threads=4, name="killed") as senders:
        senders.wait_for_more(50)
        away = senders.answers[503] + 20
        pooler.kill9()
        wait_for(lambda: senders.answers[503] >= away, 60, what="503s")
        pooler.start()
        senders.wait_for_more(100)
    assert not senders.odd
    wait_until_processed(ask)
    assert_all_there_once(ask, senders.acknowledged)
    assert get(stack.port, "/readyz").status == 200


@pytest.mark.parametrize("further", [{}, {"ignore_startup_parameters": "options"}])
def test_without_the_setting_it_does_not_start_and_says_which_one_it_lacks(
    server: OwnServer, further: dict[str, object]
) -> None:
    with PgBouncer(server, further) as pooler:
        stack = Stack(database_url=pooler.url, fresh=True)
        try:
            stack.spawn()
            assert stack.wait_until_ended() == 1
            assert "set ZELTO_TRANSACTION_POOLING=true" in stack.log
        finally:
            stack.clean_up()


def unstarted(url: str) -> dict[str, str]:
    """Return the environment of commands of a stack that never runs."""
    stack = Stack(environment=POOLED, database_url=url, fresh=True)
    stack.clean_up()
    return stack.environment


def test_an_address_may_name_the_authority_of_the_database(
    server: OwnServer, tmp_path: Path
) -> None:
    authority = PrivateAuthority(tmp_path)
    chain, key = authority.files("127.0.0.1", "localhost")
    with PgBouncer(server) as plain:
        files = {
            "client_tls_sslmode": "require",
            "client_tls_cert_file": readable_copy(chain, plain.folder),
            "client_tls_key_file": readable_copy(key, plain.folder),
        }
        with PgBouncer(server, files) as pooler:

            def check(**parameters: str) -> subprocess.CompletedProcess[str]:
                url = with_parameters(pooler.url, sslmode="verify-full", **parameters)
                environment = unstarted(url)
                return subprocess.run(
                    [sys.executable, "manage.py", "migrate", "--check"],
                    cwd=CHECKOUT,
                    env=environment,
                    capture_output=True,
                    text=True,
                    timeout=60,
                )

            assert check(sslrootcert=str(authority.file)).returncode == 0
            refused = check()
            assert refused.returncode == 1
            assert "DATABASE_URL" in refused.stderr
