"""A year of sessions, put into the tables by the database itself.

Columns that are not named here get an empty value, so that a new one needs no change.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

from bench.findable import EVENLY, FORMERLY, ODDLY, make_findable, not_indexed_meanwhile
from bench.session import SAID
from bench.vocabulary import SAID_IN_A_CALL, WORDS, vocabulary

Execute = Callable[..., list[tuple[Any, ...]]]

AGENTS = 50
# The first organization has the first of them, and with them most conversations.
AGENTS_OF = {"Northwind": 30, "Contoso": 12, "Fabrikam": 8}
TRANSCRIPTS = 400  # different ones

EMPTY = {
    "bool": "false",
    "bytea": "''",
    "float8": "0",
    "int2": "0",
    "int4": "0",
    "int8": "0",
    "jsonb": "'{}'",
    "numeric": "0",
    "text": "''",
    "timestamptz": "now()",
    "varchar": "''",
}

PROMPT = (
    "You answer the phone for Northwind. Be brief and friendly. Execute for the order "
    "number before you look anything up. Never promise a date that the carrier has not "
    "announced. Hand over to a person when somebody asks twice, when a refund is over "
    "a hundred dollars, or when you are not sure. End the call with a question whether "
    "there is anything else."
)


def fill(execute: Execute, conversations: int) -> None:
    """Insert conversations and all that belongs to them.

    The organizations of `AGENTS_OF` must exist and have none yet.
    """
    _agents(execute)
    _calls(execute, conversations)
    with not_indexed_meanwhile(execute):
        _conversations(execute)
    _words(execute, conversations)
    _transcripts(execute)
    make_findable(
        execute, {number: turns(number) for number in range(1, TRANSCRIPTS + 1)}
    )
    _deliveries(execute)
    _charges(execute)
    for table in (
        *("conversations_agent", "conversations_conversation"),
        *("conversations_transcript", "conversations_searchentry"),
        *("conversations_seenvalue", "conversations_charge"),
        "integrations_delivery",
    ):
        execute(f"VACUUM (ANALYZE) {table}")
    execute("DROP TABLE bench_agent, bench_transcript, bench_call, bench_said")


def insert(
    execute: Execute, table: str, values: Mapping[str, str], source: str
) -> None:
    """Insert rows into a table from a source, with empty values in columns that have no
    default.

    values: an expression over the source for each column that is to have one.
    """
    columns = execute(
        "SELECT column_name, udt_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name = %s AND is_nullable = 'NO' "
        "AND column_default IS NULL AND is_identity = 'NO' AND is_generated = 'NEVER'",
        table,
    )
    empty = {name: EMPTY[kind] for name, kind in columns if name not in values}
    all_values = {**values, **empty}
    execute(
        f"INSERT INTO {table} ({', '.join(all_values)}) "  # noqa: S608 - ours
        f"SELECT {', '.join(all_values.values())} FROM {source}"
    )


def _agents(execute: Execute) -> None:
    execute("CREATE TABLE bench_agent (number int, organization text)")
    number = 0
    for organization, count in AGENTS_OF.items():
        execute(
            "INSERT INTO bench_agent SELECT number, %s "
            "FROM generate_series(%s::int, %s::int) AS number",
            *(organization, number + 1, number + count),
        )
        number += count
    insert(
        execute,
        "conversations_agent",
        {
            "id": "uuidv7('-1 year'::interval)",
            "organization_id": "organization.id",
            "provider": "CASE number % 3 WHEN 0 THEN 'zelto' ELSE 'livekit' END",
            "external_id": "to_char(number, '\"agent-\"FM00')",
            "name": "'Agent ' || number",
            "type": "'ai'",
            "created_at": "now() - '1 year'::interval",
            "updated_at": "now() - '1 year'::interval",
        },
        "bench_agent JOIN accounts_organization AS organization "
        "ON organization.name = bench_agent.organization",
    )


def _calls(execute: Execute, conversations: int) -> None:
    """Make one row for each call: when it came, and who took it.

    Some agents are busier.
    """
    execute(
        """
        CREATE TABLE bench_call AS
        SELECT number, uuidv7(at - now()) AS id, at, transcript,
            agent.organization_id, agent.id AS agent_id, agent.provider,
            agent.external_id AS agent_reference,
            to_char(number, '"call-"FM000000000000') AS external_id
        FROM (
            SELECT number,
                now() - '1 year'::interval * (1 - number / (1.0 + %s::int)) AS at,
                1 + floor(random() ^ 1.5 * %s)::int AS agent_number,
                1 + floor(random() * %s)::int AS transcript
            FROM generate_series(1, %s::int) AS number
        ) AS call
        JOIN conversations_agent AS agent
            ON agent.external_id = to_char(agent_number, '"agent-"FM00')
        ORDER BY number
        """,
        *(conversations, AGENTS, TRANSCRIPTS, conversations),
    )


def _conversations(execute: Execute) -> None:
    names = (
        "ARRAY['Ada Lovelace', 'Grace Hopper', 'Alan Turing', 'Mary Kenneth Keller']"
    )
    reasons = "ARRAY['user_initiated', 'agent_hangup', 'timeout', 'transferred']"
    insert(
        execute,
        "conversations_conversation",
        {
            "id": "id",
            "organization_id": "organization_id",
            "agent_id": "agent_id",
            "provider": "provider",
            "external_id": "external_id",
            "started_at": "at - make_interval(secs => 20 + number % 400)",
            "ended_at": "at",
            "duration_seconds": "20 + number % 400",
            "ended_reason": f"({reasons})[1 + number % 4]",
            "cost": "(number % 1000) / 10000.0",
            "customer_number": "'+1555' || number",
            "customer_name": f"({names})[1 + number % 4]",
            "version": "to_char(at, 'YYYY.MM')",
            "metadata": "jsonb_build_object('campaign', 'c' || number % 7, "
            "'room', 'room-' || number)",
            "turn_count": "6 + transcript % 24",
            "has_transcript": "true",
            "applied_through": "number",
            "created_at": "at",
            "updated_at": "at",
        },
        "bench_call ORDER BY number",
    )


def _words(execute: Execute, conversations: int) -> None:
    """Make words that are said in one call and not in most others."""
    execute("CREATE TABLE bench_word (rank int, word text)")
    execute(
        "INSERT INTO bench_word SELECT rank, word "
        "FROM unnest(%s::text[]) WITH ORDINALITY AS one (word, rank)",
        vocabulary(),
    )
    execute(
        """
        CREATE TABLE bench_said AS
        SELECT number, array_agg(word)
            || CASE number %% 2 WHEN 0 THEN %s::text ELSE %s::text END
            || CASE WHEN number < %s::int / 10 AND number %% 3 = 0
                THEN ARRAY[%s::text] END AS words
        FROM (
            SELECT number, floor(exp(random() * ln(%s)))::int AS rank
            FROM bench_call, generate_series(1, %s::int)
        ) AS drawn
        JOIN bench_word USING (rank)
        GROUP BY number
        """,
        *(EVENLY, ODDLY, conversations, FORMERLY, WORDS, SAID_IN_A_CALL),
    )
    execute("DROP TABLE bench_word")


def _transcripts(execute: Execute) -> None:
    execute("CREATE TABLE bench_transcript (number int, turns jsonb)")
    execute(
        "INSERT INTO bench_transcript SELECT number, turns "
        "FROM jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS one (turns, number)",
        json.dumps([turns(number) for number in range(1, TRANSCRIPTS + 1)]),
    )
    insert(
        execute,
        "conversations_transcript",
        {
            "conversation_id": "call.id",
            "system_prompt": f"'{PROMPT}'",
            "prompt_is_explicit": "true",
            "turns": "transcript.turns || jsonb_build_object('role', 'user', "
            "'content', array_to_string(said.words, ' '))",
        },
        "bench_call AS call JOIN bench_transcript AS transcript "
        "ON transcript.number = call.transcript "
        "JOIN bench_said AS said ON said.number = call.number ORDER BY call.number",
    )


def turns(number: int) -> list[dict[str, str]]:
    """Return 6 to 29 turns, 0.8 to 4 kB; the same for the same number."""
    dice = random.Random(number)  # noqa: S311 - no secret
    return [
        {
            "role": "user" if position % 2 else "assistant",
            "content": dice.choice(SAID),
            "timestamp": f"2026-03-02T09:{position:02}:00.000Z",
        }
        for position in range(6 + number % 24)
    ]


def _deliveries(execute: Execute) -> None:
    """Insert the log of the same calls, as after the retention of bodies."""
    insert(
        execute,
        "integrations_delivery",
        {
            "uuid": "uuidv7(at - now())",
            "organization_id": "organization_id",
            "key_id": "(SELECT key.id FROM accounts_apikey AS key "
            "WHERE key.organization_id = bench_call.organization_id LIMIT 1)",
            "received_at": "at",
            "provider": "provider",
            "agent_reference": "agent_reference",
            "external_id": "external_id",
            "status": "200",
            "outcome": "'processed'",
            "errors": "'[]'",
            "warnings": "'[]'",
            "count": "1",
            "size": "3000",
            "user_agent": "'bench'",
            "request_id": "md5(number::text)",
            "attempts": "1",
            "processed_at": "at",
            "conversation_id": "id",
        },
        "bench_call ORDER BY number",
    )


def _charges(execute: Execute) -> None:
    """Insert what `/v1/usage` and the page of usage add up."""
    insert(
        execute,
        "conversations_charge",
        {
            "id": "uuidv7(created_at - now())",
            "organization_id": "organization_id",
            "meter": "'calls'",
            "subject": "sha256(id::text::bytea)",
            "quantity": "1",
            "charged_at": "created_at",
        },
        "conversations_conversation ORDER BY created_at",
    )
