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

Ask = Callable[..., list[tuple[Any, ...]]]

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
    "You answer the phone for Northwind. Be brief and friendly. Ask for the order "
    "number before you look anything up. Never promise a date that the carrier has not "
    "announced. Hand over to a person when somebody asks twice, when a refund is over "
    "a hundred dollars, or when you are not sure. End the call with a question whether "
    "there is anything else."
)


def fill(ask: Ask, conversations: int) -> None:
    """For organizations of these names, which are there and have none yet."""
    _agents(ask)
    _calls(ask, conversations)
    with not_indexed_meanwhile(ask):
        _conversations(ask)
    _words(ask, conversations)
    _transcripts(ask)
    make_findable(ask, {number: turns(number) for number in range(1, TRANSCRIPTS + 1)})
    _deliveries(ask)
    _charges(ask)
    for table in (
        *("conversations_agent", "conversations_conversation"),
        *("conversations_transcript", "conversations_searchentry"),
        *("conversations_seenvalue", "conversations_charge"),
        "integrations_delivery",
    ):
        ask(f"VACUUM (ANALYZE) {table}")
    ask("DROP TABLE bench_agent, bench_transcript, bench_call, bench_said")


def insert(ask: Ask, table: str, values: Mapping[str, str], source: str) -> None:
    """values: an expression over the source for each column that is to have one."""
    columns = ask(
        "SELECT column_name, udt_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name = %s AND is_nullable = 'NO' "
        "AND column_default IS NULL AND is_identity = 'NO' AND is_generated = 'NEVER'",
        table,
    )
    empty = {name: EMPTY[kind] for name, kind in columns if name not in values}
    all_values = {**values, **empty}
    ask(
        f"INSERT INTO {table} ({', '.join(all_values)}) "  # noqa: S608 - ours
        f"SELECT {', '.join(all_values.values())} FROM {source}"
    )


def _agents(ask: Ask) -> None:
    ask("CREATE TABLE bench_agent (number int, organization text)")
    number = 0
    for organization, count in AGENTS_OF.items():
        ask(
            "INSERT INTO bench_agent SELECT number, %s "
            "FROM generate_series(%s::int, %s::int) AS number",
            *(organization, number + 1, number + count),
        )
        number += count
    insert(
        ask,
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


def _calls(ask: Ask, conversations: int) -> None:
    """One row for each: when it came, and who took it. Some agents are busier."""
    ask(
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


def _conversations(ask: Ask) -> None:
    names = (
        "ARRAY['Ada Lovelace', 'Grace Hopper', 'Alan Turing', 'Mary Kenneth Keller']"
    )
    reasons = "ARRAY['user_initiated', 'agent_hangup', 'timeout', 'transferred']"
    insert(
        ask,
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


def _words(ask: Ask, conversations: int) -> None:
    """What is said in one call and not in most others."""
    ask("CREATE TABLE bench_word (rank int, word text)")
    ask(
        "INSERT INTO bench_word SELECT rank, word "
        "FROM unnest(%s::text[]) WITH ORDINALITY AS one (word, rank)",
        vocabulary(),
    )
    ask(
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
    ask("DROP TABLE bench_word")


def _transcripts(ask: Ask) -> None:
    ask("CREATE TABLE bench_transcript (number int, turns jsonb)")
    ask(
        "INSERT INTO bench_transcript SELECT number, turns "
        "FROM jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS one (turns, number)",
        json.dumps([turns(number) for number in range(1, TRANSCRIPTS + 1)]),
    )
    insert(
        ask,
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
    """6 to 29 turns, 0.8 to 4 kB; the same for the same number."""
    dice = random.Random(number)  # noqa: S311 - no secret
    return [
        {
            "role": "user" if position % 2 else "assistant",
            "content": dice.choice(SAID),
            "timestamp": f"2026-03-02T09:{position:02}:00.000Z",
        }
        for position in range(6 + number % 24)
    ]


def _deliveries(ask: Ask) -> None:
    """The log of the same calls, as after the retention of bodies."""
    insert(
        ask,
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


def _charges(ask: Ask) -> None:
    """What `/v1/usage` and the page of usage add up."""
    insert(
        ask,
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
