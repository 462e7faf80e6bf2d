"""Appending to the delivery log, each in one statement.

The bodies go to Postgres as binary parameters of a server-binding cursor: Django's own
cursor would turn 5 MiB into a hexadecimal literal of twice that size and show it in
Postgres's error log.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import transaction
from psycopg.types.json import Jsonb

from accounts.identifiers import time_ordered_uuid
from conversations.models import Provider
from conversations.projection.erased_calls import erased_among, lock_call_id
from integrations.delivery_log.group_commit import GroupCommit
from integrations.delivery_log.refusal_bounds import ROW_BYTES, trim_behind
from web.db_cursor import on_live_connection, server_binding_cursor

KEPT_BODY_BYTES = 256 * 1024
KEPT_ROWS_PER_MINUTE = 60
# The refusals of which a body is kept; the others are complete without one.
STATUSES_WITH_BODY = {400, 422}


@dataclass(slots=True)
class Arrival:
    """What is known of a POST so far, for when it is written to the log.

    key_id: None where a person uploaded it here.
    provider: empty where the header names no known one.
    size: bytes of the body, decompressed where that was reached.
    warnings: `{"path", "detail"}` each.
    source: of `Delivery.Source`. wait_seconds: for how long it is left alone; None where
        it is processed at once.
    """

    organization_id: UUID
    key_id: UUID | None
    request_id: str
    user_agent: str = ""
    provider: str = ""
    agent_reference: str = ""
    external_id: str = ""
    size: int = 0
    body: bytes | None = None
    warnings: Sequence[Mapping[str, str]] = field(default_factory=tuple)
    source: str = "post"
    wait_seconds: float | None = None


COLUMNS = """
    uuid, organization_id, key_id, received_at, provider, agent_reference, external_id,
    status, outcome, reason, errors, warnings, count, size, user_agent, request_id,
    body, fold_key, attempts, last_error
"""

# Of a refusal also what it takes; beside its body nearly all is in the errors.
_REFUSED_COLUMNS = f"{COLUMNS}, kept_bytes, source"
# Refusals that come at once may be counted in another order.
ADD_TO_COUNT = """
    ON CONFLICT (fold_key) WHERE fold_key IS NOT NULL
    DO UPDATE SET count = row.count + 1,
        last_received_at = greatest(row.last_received_at, statement_timestamp())
    RETURNING sequence, count
"""

# One statement checks the key again and stores: a key that was revoked in between
# stores nothing. An agent named by id must be the organization's own.
_STORE = f"""
    INSERT INTO integrations_delivery ({COLUMNS}, source, next_try_at)
    SELECT row.uuid, api_key.organization_id, api_key.id, statement_timestamp(),
        row.provider, row.agent_reference, row.external_id, 200, 'accepted', '',
        '[]', row.warnings, 1, row.size, row.user_agent, row.request_id, row.body,
        NULL, 0, '', row.source,
        statement_timestamp() + make_interval(secs => row.wait_seconds)
    FROM (VALUES {{rows}}) AS row (uuid, key_id, agent_id, provider, agent_reference,
        external_id, warnings, size, user_agent, request_id, body, source, wait_seconds)
    JOIN accounts_apikey AS api_key ON api_key.id = row.key_id
    WHERE api_key.revoked_at IS NULL
        AND (api_key.expires_at IS NULL
            OR api_key.expires_at > statement_timestamp())
        AND (row.agent_id IS NULL OR EXISTS (
            SELECT 1 FROM conversations_agent AS agent
            WHERE agent.id = row.agent_id
                AND agent.organization_id = api_key.organization_id))
    {{unless_there}} RETURNING uuid, sequence
"""  # noqa: S608 - the columns are ours
_STORED_TYPES = (
    *("uuid", "uuid", "uuid", "text", "text", "text", "jsonb", "integer"),
    *("text", "text", "bytea", "text", "float8"),
)
# For rows that were sent before and not answered; waits where that try is under way.
_UNLESS_THERE = "ON CONFLICT (uuid) DO NOTHING"
_FIND = "SELECT uuid, sequence FROM integrations_delivery WHERE uuid = ANY(%s)"
# Few, since each number of rows is a prepared statement of its own.
MAX_TOGETHER = 8
# Writing a larger row takes a while: others do not wait for it.
MAX_GROUPED_BYTES = 64 * 1024

# A refusal that keeps no body adds to the row of its status, key and minute.
_FOLD = f"""
    INSERT INTO integrations_delivery AS row ({_REFUSED_COLUMNS})
    VALUES (%(uuid)s, %(organization_id)s, %(key_id)s, statement_timestamp(),
        %(provider)s, %(agent_reference)s, %(external_id)s, %(status)s, 'rejected',
        %(reason)s, %(errors)s, '[]', 1, %(size)s, %(user_agent)s, %(request_id)s,
        NULL, %(fold_prefix)s || date_trunc('minute', statement_timestamp()), 0, '',
        %(row_bytes)s, %(source)s)
    {ADD_TO_COUNT}
"""  # noqa: S608

# The minute is counted first, under its row lock, so that exactly so many keep a row.
_KEEP_OR_FOLD = f"""
    WITH tally AS (
        INSERT INTO integrations_minutetally AS tally (scope, minute, count)
        VALUES (%(tally_scope)s, date_trunc('minute', statement_timestamp()), 1)
        ON CONFLICT (scope, minute) DO UPDATE SET count = tally.count + 1
        RETURNING count, minute
    )
    INSERT INTO integrations_delivery AS row ({_REFUSED_COLUMNS})
    SELECT %(uuid)s, %(organization_id)s, %(key_id)s, statement_timestamp(),
        %(provider)s, %(agent_reference)s, %(external_id)s, %(status)s, 'rejected',
        %(reason)s, %(errors)s, '[]', 1, %(size)s, %(user_agent)s, %(request_id)s,
        CASE WHEN tally.count <= %(kept_rows)s THEN %(body)s::bytea END,
        CASE WHEN tally.count > %(kept_rows)s
            THEN %(fold_prefix)s || tally.minute END,
        0, '', %(row_bytes)s + CASE WHEN tally.count <= %(kept_rows)s
            THEN coalesce(octet_length(%(body)s::bytea), 0) ELSE 0 END,
        %(source)s
    FROM tally
    {ADD_TO_COUNT}
"""  # noqa: S608


def store(arrival: Arrival, *, agent_id: UUID | None) -> int | None:
    """Append an accepted delivery, commit, and return its sequence.

    None: nothing was stored, since the key is no longer good or the agent is not the
    organization's.

    agent_id: where the body names an agent by our id.
    """
    row = _Row(
        (
            time_ordered_uuid(),
            arrival.key_id,
            agent_id,
            arrival.provider,
            arrival.agent_reference,
            arrival.external_id,
            json.dumps(arrival.warnings) if arrival.warnings else "[]",
            arrival.size,
            arrival.user_agent,
            arrival.request_id,
            arrival.body,
            arrival.source,
            arrival.wait_seconds,
        )
    )
    if arrival.size > MAX_GROUPED_BYTES:
        return _store_all([row])[0]
    return _group.write(row)


@dataclass(slots=True)
class _Row:
    """The parameters of one row of `_STORE`.

    was_sent: whether Postgres may have stored it, though its answer never came.
    """

    values: tuple[Any, ...]
    was_sent: bool = False

    @property
    def uuid(self) -> UUID:
        found: UUID = self.values[0]
        return found


def _store_all(rows: Sequence[_Row]) -> list[int | None]:
    parameters = list(chain.from_iterable(row.values for row in rows))

    def insert() -> dict[UUID, int]:
        is_again = any(row.was_sent for row in rows)
        for row in rows:
            row.was_sent = True
        with server_binding_cursor() as cursor:
            cursor.execute(_store_statement(len(rows), is_again), parameters)
            stored = dict(cursor.fetchall())
            if is_again and len(stored) < len(rows):
                cursor.execute(_FIND, [[row.uuid for row in rows]])
                stored |= dict(cursor.fetchall())
        return stored

    stored = on_live_connection(insert, again=insert)
    return [stored.get(row.uuid) for row in rows]


@cache
def _store_statement(count: int, is_again: bool) -> str:
    row = "(" + ", ".join(f"%s::{name}" for name in _STORED_TYPES) + ")"
    return _STORE.format(
        rows=", ".join([row] * count), unless_there=_UNLESS_THERE if is_again else ""
    )


_group: GroupCommit[_Row, int | None] = GroupCommit(_store_all, at_most=MAX_TOGETHER)


def refuse(
    arrival: Arrival,
    *,
    status: int,
    reason: str,
    errors: Sequence[Mapping[str, str]] = (),
) -> None:
    """Append a refusal and commit, or count it in the row of its status, key and minute.

    Of a key, `KEPT_ROWS_PER_MINUTE` rows a minute keep a body, each of at most
    `KEPT_BODY_BYTES`; what is too much of an organization goes, the oldest first. So
    neither fills the log.

    reason: a sentence. errors: `{"path", "detail"}` of each field at fault.
    """
    parameters = parameters_of(arrival) | {
        "organization_id": arrival.organization_id,
        "status": status,
        "reason": reason,
        "errors": Jsonb(list(errors)),
        "row_bytes": ROW_BYTES + len(json.dumps(list(errors))) + len(reason),
        # Not by the reason, which may quote what was sent: each would be another row.
        "fold_prefix": f"{arrival.key_id} {status} {arrival.source} ",
    }
    if status not in STATUSES_WITH_BODY:
        del parameters["body"]
        statement = _FOLD
    else:
        if arrival.body is not None and len(arrival.body) > KEPT_BODY_BYTES:
            parameters["body"] = None
        parameters["tally_scope"] = f"refused {arrival.key_id}"
        parameters["kept_rows"] = KEPT_ROWS_PER_MINUTE
        statement = _KEEP_OR_FOLD
    if arrival.external_id and parameters.get("body") is not None:
        _write_unless_erased(arrival, statement, parameters)
    else:
        _write(statement, parameters)


def _write(statement: str, parameters: Mapping[str, Any]) -> None:
    with server_binding_cursor() as cursor:
        cursor.execute(statement, parameters)
        sequence, count = cursor.fetchone()
    if count == 1:
        organization_id = parameters["organization_id"]
        transaction.on_commit(lambda: trim_behind(sequence, organization_id))


def _write_unless_erased(
    arrival: Arrival, statement: str, parameters: dict[str, Any]
) -> None:
    """Write a refusal, without its body where its call was erased. It waits for an
    erasure that is under way; one that comes later waits for it, and empties what it
    wrote."""
    providers = [arrival.provider] if arrival.provider else Provider.values
    calls = [(arrival.organization_id, one, arrival.external_id) for one in providers]
    with transaction.atomic():
        lock_call_id(arrival.organization_id, arrival.external_id, shared=True)
        if erased_among(calls):
            parameters["body"] = None
        _write(statement, parameters)


def parameters_of(arrival: Arrival) -> dict[str, Any]:
    """Return what statements need of an arrival, by name."""
    return {
        "uuid": time_ordered_uuid(),
        "key_id": arrival.key_id,
        "provider": arrival.provider,
        "agent_reference": arrival.agent_reference,
        "external_id": arrival.external_id,
        "size": arrival.size,
        "user_agent": arrival.user_agent,
        "request_id": arrival.request_id,
        "body": arrival.body,
        "source": arrival.source,
    }
