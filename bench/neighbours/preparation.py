"""What is there before a case begins: put in by posts, and multiplied in the tables."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from bench.errors import BenchError
from bench.filling import insert
from bench.instance import Instance, Tenant
from bench.neighbours import bodies
from bench.reader import Reader
from zelto.embedded.postgres_config import connection_parameters

Facts = dict[str, str]

ARRIVES_WITHIN = 90.0  # seconds
LOOKED_FOR_EACH = 0.1
DELIVERIES_OF_A_CALL = 100
LARGE_TRANSCRIPTS = 40
LARGE_ROWS = 600
AUDIT_ENTRIES = 300_000
RECORDED_SECONDS = 120
# 64 kB each that compress badly.
METADATA = """jsonb_build_object('note', (
    SELECT string_agg(md5(number || '-' || part), '')
    FROM generate_series(1, 2000) AS part
))"""


@dataclass(frozen=True, slots=True)
class Place:
    """A running instance with two organizations.

    sounds: an address below which recordings of the bad one are fetched.
    """

    instance: Instance
    good: Tenant
    bad: Tenant
    sounds: str


def nothing(_: Place) -> Facts:
    """Prepare nothing."""
    return {}


def slow_recordings(count: int) -> Callable[[Place], Facts]:
    """Return what says how many slow addresses there are to be."""
    return lambda _: {"recordings": str(count)}


def call_of_many_deliveries(place: Place) -> Facts:
    """Make a call with a hundred deliveries of 4.7 MB, all of them processed."""
    arrived(place, place.bad, bodies.large_session("again"))
    rows = place.instance.execute(
        """
        INSERT INTO integrations_delivery
        SELECT made.* FROM integrations_delivery AS one
        CROSS JOIN generate_series(2, %s::int) AS number
        CROSS JOIN LATERAL jsonb_populate_record(one, jsonb_build_object(
            'sequence', one.sequence + number, 'uuid', gen_random_uuid()
        )) AS made
        WHERE one.external_id = 'again' RETURNING uuid
        """,
        DELIVERIES_OF_A_CALL,
    )
    # The sequence itself: what is posted from now on comes later than these.
    place.instance.execute(
        "SELECT setval(pg_get_serial_sequence('integrations_delivery', 'sequence'), "
        "(SELECT max(sequence) FROM integrations_delivery))"
    )
    return {"deliveries": ",".join(str(uuid) for (uuid,) in rows[:20])}


def large_transcripts(place: Place) -> Facts:
    """Make 41 conversations with transcripts of 4.7 MB that can be searched."""
    large = arrived(place, place.bad, bodies.large_session("large"))
    entry = "SELECT FROM conversations_searchentry WHERE conversation_id = %s"
    wait_for(lambda: bool(place.instance.execute(entry, large)), "it is searchable")
    copy(place, large, LARGE_TRANSCRIPTS)
    return {"large": large}


def long_answers(place: Place) -> Facts:
    """Make rows that an export takes long for, and a recording to download."""
    facts = recorded(place)
    copy(place, facts["recorded"], LARGE_ROWS, metadata=METADATA, transcripts=False)
    return facts


def slow_answers(place: Place) -> Facts:
    """Make a large transcript and a recording."""
    large = arrived(place, place.bad, bodies.large_session("large"))
    return recorded(place) | {"large": large}


def unspaced(place: Place) -> Facts:
    """Make a conversation with a large turn without spaces."""
    return {"unspaced": arrived(place, place.bad, bodies.unspaced_session("unspaced"))}


def audit_log(place: Place) -> Facts:
    """Make audit logs of 300,000 recordings opened for both, and a recording."""
    facts = recorded(place)
    for tenant in (place.good, place.bad):
        insert(
            place.instance.execute,
            "accounts_auditentry",
            {
                "id": "uuidv7(make_interval(secs => -90000 - number))",
                "organization_id": "membership.organization_id",
                "by_id": "membership.user_id",
                "action": "'recording.opened'",
                "subject": "'call-' || number",
                "detail": "jsonb_build_object('id', gen_random_uuid())",
                "created_at": "now() - make_interval(secs => 90000 + number)",
            },
            f"generate_series(1, {AUDIT_ENTRIES}) AS number, "
            "accounts_membership AS membership JOIN accounts_organization AS one "
            f"ON one.id = membership.organization_id WHERE one.slug = '{tenant.slug}'",
        )
    place.instance.execute("VACUUM (ANALYZE) accounts_auditentry")
    return facts


def recorded(place: Place) -> Facts:
    """Make a conversation with a stored recording of 4 MB."""
    turns = [{"role": "user", "content": "Hello?"}]
    url = f"{place.sounds}/{RECORDED_SECONDS}/long.wav"
    session = bodies.call("recorded", turns, recordingUrl=url)
    return {"recorded": arrived(place, place.bad, session, stored=True)}


def arrived(
    place: Place, tenant: Tenant, session: dict[str, Any], *, stored: bool = False
) -> str:
    """Post a session, and return the id of its conversation once it is there.

    stored: wait for its recording too.

    Raises:
        BenchError: it was refused, or is not there after `ARRIVES_WITHIN` seconds.
    """
    post(place.instance.port, tenant.key, session)
    reader = Reader(place.instance.port, tenant.key)
    path = f"/v1/conversations?referenceId={session['call']['externalId']}"

    def found() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(reader.get(path).text)["data"]
        if stored:
            rows = [row for row in rows if row["recording"]["state"] == "stored"]
        return rows

    wait_for(lambda: bool(found()), "a session that was posted is there")
    return str(found()[0]["id"])


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Wait until the condition holds.

    Raises:
        BenchError: it does not after `ARRIVES_WITHIN` seconds; `what` says what did not.
    """
    give_up_at = time.monotonic() + ARRIVES_WITHIN
    while not condition():
        if time.monotonic() > give_up_at:
            raise BenchError(f"Not within {ARRIVES_WITHIN:.0f} s: {what}.")
        time.sleep(LOOKED_FOR_EACH)


def post(port: int, key: str, session: dict[str, Any]) -> None:
    """Post a session.

    Raises:
        BenchError: it was not answered 200.
    """
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
    }
    body = bodies.packed(json.dumps(session).encode())
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ARRIVES_WITHIN)
    connection.request("POST", "/webhooks/calls", body, headers)
    status = connection.getresponse().status
    connection.close()
    if status != 200:
        raise BenchError(f"A post was answered with {status}.")


def copy(
    place: Place,
    conversation: str,
    count: int,
    *,
    metadata: str = "one.metadata",
    transcripts: bool = True,
) -> None:
    """Copy a conversation so many times within its organization.

    In one transaction, so that no worker finds the copies before their jobs are gone.

    metadata: an expression over `one`, its row, and `number`.
    transcripts: whether its transcript and what it is found by are copied too.
    """
    where = connection_parameters(place.instance.data_dir)
    with psycopg.connect(**where) as connection:
        connection.execute(
            "CREATE TEMPORARY TABLE made ON COMMIT DROP AS "
            "SELECT number, gen_random_uuid() AS id "
            "FROM generate_series(1, %s::int) AS number",
            [count],
        )
        changed = f"'external_id', 'copy-' || number, 'metadata', {metadata}"
        statements = [_copied("conversations_conversation", "id", changed)]
        if transcripts:
            statements += [
                _copied("conversations_transcript", "conversation_id"),
                _copied("conversations_searchentry", "conversation_id"),
            ]
        for statement in statements:
            connection.execute(statement.encode(), [conversation])
        connection.execute(
            "DELETE FROM conversations_searchjob "
            "WHERE conversation_id IN (SELECT id FROM made)"
        )


def _copied(table: str, identifier: str, changed: str = "") -> str:
    """Return the statement that copies a row of a table for each row of `made`."""
    changes = f"'{identifier}', made.id" + (f", {changed}" if changed else "")
    return (
        f"INSERT INTO {table} SELECT copied.* "  # noqa: S608 - ours
        f"FROM {table} AS one CROSS JOIN made CROSS JOIN LATERAL "
        f"jsonb_populate_record(one, jsonb_build_object({changes})) AS copied "
        f"WHERE one.{identifier} = %s"
    )
