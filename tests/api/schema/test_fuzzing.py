"""schemathesis reads `/v1/openapi.json` of a running server and asks it everything that
fits and much that does not. It must find no 5xx, and no answer that is not described.

For a long run: ZELTO_FUZZ_EXAMPLES=500, and other examples each time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.schema.running import Running
from tests.zelto.stack import CHECKOUT

pytestmark = pytest.mark.processes

EXAMPLES = os.environ.get("ZELTO_FUZZ_EXAMPLES", "")
FEW_EXAMPLES = "6"  # of each operation, and always the same ones
# Checks that are not asked for, and why.
SWITCHED_OFF = {
    # A schema cannot say that a date is of the years 1970 to 2100, that `from` lies
    # before `to`, or which body of the log still does not fit when it is replayed.
    "positive_data_acceptance": "what fits the schema may be refused",
}
HOOKS = "tests.api.schema.fuzzing_hooks"
LASTS_AT_MOST = 3600 if EXAMPLES else 600  # seconds; about 35 where little else runs
OF_WHICH_THERE_ARE_SOME = (
    "GET /v1/agents",
    "GET /v1/agents/{id}",
    "PATCH /v1/agents/{id}",
    "GET /v1/conversations",
    "GET /v1/conversations/{id}",
    "GET /v1/conversations/{id}/transcript",
    "GET /v1/deliveries",
    "GET /v1/deliveries/{id}",
    "GET /v1/expected-sessions",
    "GET /v1/expected-sessions/{id}",
    "GET /v1/issues",
    "GET /v1/usage",
    "GET /v1/workers",
    "POST /webhooks/calls",
)


def test_nothing_that_is_asked_breaks_it_or_the_description(
    running: Running, tmp_path: Path
) -> None:
    key = running.key("Fuzz")
    running.stack.manage("demo", "--organization", "Fuzz", "--sessions", "40")
    amount = ["-n", EXAMPLES or FEW_EXAMPLES]
    if not EXAMPLES:
        amount.append("--generation-deterministic")
    report_path = tmp_path / "report.json"
    found = subprocess.run(  # noqa: S603
        [
            *(sys.executable, "-m", "schemathesis.cli", "run"),
            *(f"{running.stack.url}/v1/openapi.json", "--checks", "all"),
            *("--exclude-checks", ",".join(SWITCHED_OFF), "--continue-on-failure"),
            *("--header", f"Authorization: Bearer {key}", *amount),
            *("--report", "json", "--report-json-path", str(report_path)),
        ],
        cwd=tmp_path,  # it leaves a folder of its own
        env={**os.environ, "SCHEMATHESIS_HOOKS": HOOKS, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        timeout=LASTS_AT_MOST,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    report = json.loads(report_path.read_text("utf-8"))
    assert report["complete"]
    assert not report["errors"]
    assert report["operations"]["tested"] == report["operations"]["total"] >= 13
    assert report["test_cases"]["generated"] > 500
    # It came further than to the door: here requests that fitted were answered 2xx.
    for operation in OF_WHICH_THERE_ARE_SOME:
        phases = report["valid_rates"][operation].values()
        assert sum(phase["accepted"] for phase in phases) > 0, operation
