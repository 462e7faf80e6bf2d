"""What judging a thousand agents with a million conversations costs: CPU of the process that
judges and of its Postgres backend, over a day that is played minute by minute.
"""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

from bench.errors import BenchError
from bench.filling import Execute, insert
from bench.findable import not_indexed_meanwhile
from bench.instance import Instance, empty_instance
from bench.report import Figures

AGENTS_OF = {"Northwind": 700, "Contoso": 200, "Fabrikam": 100}
CONVERSATIONS = 1_000_000
FEW_CONVERSATIONS = 20_000
HOURS, FEW_HOURS = 24, 2


def measure(folder: Path, *, is_quick: bool) -> Figures:
    """Fill an instance, judge its agents for a day, and print what that took.

    Raises:
        BenchError: the rounds failed.
    """
    with empty_instance(folder) as instance, instance.running("web"):
        for name in AGENTS_OF:
            instance.provision(name)
        began = time.monotonic()
        count = FEW_CONVERSATIONS if is_quick else CONVERSATIONS
        fill(instance.execute, count)
        print(f"\n{count:,} conversations, filled in {time.monotonic() - began:.0f} s")
        figures = _rounds(instance, FEW_HOURS if is_quick else HOURS)
    for name, value in figures.items():
        print(f"  {name:44} {value:10.3f}", flush=True)
    return figures


def _rounds(instance: Instance, hours: int) -> Figures:
    done = subprocess.run(
        [instance.python, "-m", "bench.silence.rounds", str(hours)],
        cwd=instance.checkout,
        env=instance.environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise BenchError(f"The rounds failed:\n{done.stderr[-4000:]}")
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def fill(execute: Execute, conversations: int) -> None:
    """Insert the agents and a year of their conversations; some are busier than others."""
    execute("CREATE TABLE bench_agent (number int, organization text)")
    first = 1
    for name, count in AGENTS_OF.items():
        execute(
            "INSERT INTO bench_agent SELECT number, %s "
            "FROM generate_series(%s::int, %s::int) AS number",
            *(name, first, first + count - 1),
        )
        first += count
    insert(
        execute,
        "conversations_agent",
        {
            "id": "uuidv7('-1 year'::interval)",
            "organization_id": "organization.id",
            "provider": "'livekit'",
            "external_id": "to_char(number, '\"agent-\"FM0000')",
            "type": "'ai'",
        },
        "bench_agent JOIN accounts_organization AS organization "
        "ON organization.name = bench_agent.organization",
    )
    _conversations(execute, conversations)
    execute("DROP TABLE bench_agent, bench_call")
    execute("VACUUM (ANALYZE) conversations_agent")
    execute("VACUUM (ANALYZE) conversations_conversation")


def _conversations(execute: Execute, conversations: int) -> None:
    execute(
        "CREATE TABLE bench_call AS SELECT number, agent.id AS agent_id, "
        "agent.organization_id, now() - '1 year'::interval * random() AS at "
        "FROM (SELECT number, 1 + floor(random() ^ 1.5 * %s)::int AS agent_number "
        "FROM generate_series(1, %s::int) AS number) AS call "
        "JOIN conversations_agent AS agent "
        "ON agent.external_id = to_char(agent_number, '\"agent-\"FM0000') ORDER BY at",
        *(sum(AGENTS_OF.values()), conversations),
    )
    with not_indexed_meanwhile(execute):
        insert(
            execute,
            "conversations_conversation",
            {
                "id": "uuidv7(at - now())",
                "organization_id": "organization_id",
                "agent_id": "agent_id",
                "provider": "'livekit'",
                "external_id": "'call-' || number",
                "created_at": "at",
                "updated_at": "at",
            },
            "bench_call ORDER BY at",
        )
