"""What the database of a stack has, compared with what was sent."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg

from tests.plain_fold import expected
from tests.zelto.stack import Stack, wait_for
from zelto.embedded.postgres_config import connection_parameters

Ask = Callable[..., list[tuple[Any, ...]]]

NOT_DONE = "SELECT count(*) FROM integrations_delivery WHERE outcome <> 'processed'"
LOG = """
    SELECT external_id, convert_from(body, 'UTF8')::json
    FROM integrations_delivery WHERE outcome = 'processed' ORDER BY sequence
"""
CONVERSATIONS = """
    SELECT call.external_id, extract(epoch FROM started_at)::float,
        extract(epoch FROM ended_at)::float, duration_seconds, ended_reason,
        customer_name, customer_number, version, agent.external_id, call.metadata,
        transcript.turns, transcript.system_prompt
    FROM conversations_conversation AS call
    JOIN conversations_agent AS agent ON agent.id = call.agent_id
    JOIN conversations_transcript AS transcript
        ON transcript.conversation_id = call.id
"""


@contextmanager
def database(stack: Stack) -> Iterator[Ask]:
    """Connect to the stack's database: `ask("SELECT ...", value)` gives rows."""
    url = stack.environment["DATABASE_URL"]
    parts = {} if url else connection_parameters(stack.data_dir)
    with psycopg.connect(url, autocommit=True, **parts) as connection:

        def ask(statement: str, *values: Any) -> list[tuple[Any, ...]]:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

        yield ask


def wait_until_processed(ask: Ask, seconds: float = 90) -> None:
    """Wait until every delivery is processed."""
    wait_for(lambda: ask(NOT_DONE)[0][0] == 0, seconds, what="everything is processed")


def assert_all_there_once(ask: Ask, acknowledged: list[str]) -> dict[str, object]:
    """Check that whatever was acknowledged is a conversation, and each is charged once."""
    rows = ask("SELECT external_id FROM conversations_conversation")
    found = [name for (name,) in rows]
    assert len(found) == len(set(found))
    missing = set(acknowledged) - set(found)
    assert not missing, f"{len(missing)} acknowledged sessions are missing"
    ((charges, different),) = ask(
        "SELECT count(*), count(DISTINCT subject) FROM conversations_charge"
    )
    assert charges == different == len(found)
    return {"conversations": len(found), "charges": charges}


def assert_as_sent(ask: Ask, revisions: Mapping[str, int]) -> dict[str, object]:
    """Check that each conversation of these calls is the plain fold of its posts in the
    log's order, and that none is behind the newest post that was acknowledged.
    """
    sent = defaultdict(list)
    for external_id, payload in ask(LOG):
        sent[external_id].append(payload)
    found = {name: shown for name, *shown in ask(CONVERSATIONS)}
    assert found.keys() == sent.keys()
    different = [name for name in revisions if as_shown(sent[name]) != found[name]]
    assert not different, f"Not as sent: {different[:5]} of {len(different)}"
    for external_id, revision in revisions.items():
        revised = [payload["metadata"]["revision"] for payload in sent[external_id]]
        assert {*range(revision + 1)} <= {*revised}, f"{external_id} lacks a revision"
        assert sent[external_id][-1]["metadata"]["revision"] >= revision
    return {"posts in the log": sum(map(len, sent.values()))}


def as_shown(payloads: list[dict[str, Any]]) -> list[Any]:
    """Return the expected row, in the order of CONVERSATIONS."""
    state = expected([without_nulls(payload) for payload in payloads])
    facts = [state[name] for name in ("started", "ended", "duration", "reason")]
    rest = ("version", "agent", "metadata", "turns", "prompt")
    return [*facts, *state["customer"], *(state[name] for name in rest)]


def without_nulls(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the payload without nulls in its call: the plain fold takes only what is
    there.
    """
    present = {k: v for k, v in payload["call"].items() if v is not None}
    return json.loads(json.dumps(payload | {"call": present}))  # type: ignore[no-any-return]
