"""The programs that send: wrk posts sessions, pgbench inserts rows.

Both are written in C, so that what is measured is the other side.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError
from bench.instance import Instance
from bench.session import body
from zelto.embedded.postgres_config import connection_parameters
from zelto.embedded.postgres_files import find_programs

SCRIPT = Path(__file__).with_name("post.lua")
NO_WRK = (
    "`make bench` posts with wrk, and it is not installed. On Debian and Ubuntu: "
    "apt-get install wrk; with Homebrew: brew install wrk."
)
# Sessions of two runs never share a call id.
RUNS = itertools.count(100)


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a run. not_ok: answers of 400 and above; lost: without an answer."""

    answers: int
    seconds: float
    not_ok: int
    lost: int
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        """Return the good answers per second."""
        return (self.answers - self.not_ok) / self.seconds


def wrk() -> str:
    """Return the path of wrk.

    Raises:
        BenchError: it is not installed.
    """
    found = shutil.which("wrk")
    if found is None:
        raise BenchError(NO_WRK)
    return found


def post_sessions(
    url: str,
    key: str,
    *,
    folder: Path,
    connections: int,
    seconds: float,
    rate: float | None = None,
) -> Sent:
    """Post for so many seconds; with a rate no more than so many a second.

    Raises:
        BenchError: wrk failed or printed no result.
    """
    template = folder / "session.json"
    template.write_text(body(), "utf-8")
    command = [wrk(), "--threads=1", f"--connections={connections}"]
    command += [f"--duration={seconds:.0f}s", "--timeout=10s", f"--script={SCRIPT}"]
    command += [url, "--", str(template), key, str(next(RUNS))]
    command += [] if rate is None else [f"{rate:.1f}"]
    printed = _run(command)
    for line in printed.splitlines():
        if line.startswith("RESULT "):
            return Sent(**json.loads(line.removeprefix("RESULT ")))
    raise BenchError(f"wrk gave no result:\n{printed}")


class Pgbench:
    """Inserts of rows like those of the delivery log into a table like it."""

    # All that `integrations/delivery_log/append.py` writes. Ids are as ours: the next one is
    # the largest.
    INSERT = r"""
\set number :number + 1
INSERT INTO bench_delivery (uuid, organization_id, key_id, received_at, provider,
    agent_reference, external_id, status, outcome, reason, errors, warnings, count,
    size, user_agent, request_id, body, fold_key, attempts, last_error)
VALUES (uuidv7(), :organization, :organization, statement_timestamp(), 'zelto',
    'support-07', 'call-' || :client_id || '-' || :number, 200, 'accepted', '', '[]',
    '[]', 1, :size, 'wrk', '0123456789abcdef0123456789abcdef', :body, NULL, 0, '');
"""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.program = str(find_programs(None) / "pgbench")
        self.script = instance.folder / "insert.sql"
        self.script.write_text(self.INSERT, "utf-8")
        instance.execute(
            "CREATE TABLE bench_delivery (LIKE integrations_delivery INCLUDING ALL)"
        )

    def insert_rows(self, *, connections: int, seconds: float) -> float:
        """Return the rows per second, each committed by itself.

        Raises:
            BenchError: pgbench failed or printed no result.
        """
        text = body("0" * 12, "07")
        variables = {
            "number": 0,
            "size": len(text),
            "body": text,
            "organization": "0199a1b2-0000-7000-8000-000000000001",
        }
        where = connection_parameters(self.instance.data_dir)
        command = [self.program, "--no-vacuum", "--protocol=prepared"]
        command += [f"--client={connections}", "--jobs=1", f"--time={seconds:.0f}"]
        command += [f"--file={self.script}", f"--username={where['user']}"]
        command += [f"--host={where['host']}", f"--port={where['port']}"]
        command += [f"--define={name}={value}" for name, value in variables.items()]
        printed = _run([*command, where["dbname"]])
        found = re.search(r"^tps = ([0-9.]+)", printed, re.MULTILINE)
        if found is None:
            raise BenchError(f"pgbench gave no result:\n{printed}")
        return float(found[1])


def _run(command: list[str]) -> str:
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        name = Path(command[0]).name
        raise BenchError(f"{name} failed:\n{result.stdout}{result.stderr}")
    return result.stdout
